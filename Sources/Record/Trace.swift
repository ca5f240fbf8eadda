import Glibc
import Notation
import Processes

/// A record's timeline in the Trace Event Format, as Perfetto and Chrome show it: `trace.json`.
/// <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>
public struct Trace {
  /// Console lines of one machine.
  private static let lineLimit = 2000
  /// A run with a longer timeline does not make it at its end, in bytes.
  private static let quickLimit = 2 << 20

  private let run: RecordedRun
  private var events: [JSON] = []
  /// Numbers of the processes and threads that the format wants, in the order of their coming.
  private var processes: [String: Int] = [:]
  private var threads: [String: Int] = [:]
  private var threadCounts: [Int: Int] = [:]
  /// What has begun and not ended, by what belongs together.
  private var open: [String: (thread: Thread, time: Double, event: RecordedRun.Entry)] = [:]
  /// Where commands of a machine are drawn side by side: which of the threads are free.
  private var lanes: [String: [Bool]] = [:]
  private var laneOf: [String: Int] = [:]
  private var lineCounts: [String: Int] = [:]
  private var phases: [String: [(name: String, time: Double)]] = [:]

  private struct Thread {
    var process: Int
    var number: Int
  }

  private static let script = "script"

  private init(_ run: RecordedRun) { self.run = run }

  /// Makes `trace.json` of the timeline in a record's directory, and returns its path.
  @discardableResult
  public static func write(_ directory: String) throws(RecordError) -> String {
    var trace = Trace(try RecordedRun(directory: directory))
    let path = directory + "/trace.json"
    try RunRecord.write(trace.made(), to: path)
    return path
  }

  /// The same at a run's end, unless that would take long.
  public static func writeAtEnd(_ directory: String) {
    var status = stat()
    guard stat(directory + "/timeline.jsonl", &status) == 0, status.st_size <= quickLimit else {
      return
    }
    _ = try? write(directory)
  }

  private mutating func made() -> String {
    _ = thread(Self.script, "main")
    for entry in run.entries { take(entry) }
    for key in open.keys.sorted() { close(key, at: run.end, []) }
    for machine in phases.keys.sorted() { endBoot(machine, at: run.end, "") }
    var text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
    text += events.map(\.encoded).joined(separator: ",\n")
    return text + "\n]}\n"
  }

  // MARK: Lines

  private mutating func take(_ entry: RecordedRun.Entry) {
    let owner =
      entry["machine"]?.text.map { "machine \($0)" }
      ?? entry["process"]?.text.map { "process \($0)" } ?? Self.script
    switch entry.kind {
    case "run":
      instant(thread(Self.script, "main"), entry, "run \(entry.phase)s", scope: "g")
    case "step", "wait": takeSpan(entry, thread(Self.script, task(entry)))
    case "task":
      if entry.phase == "begin" {
        instant(thread(Self.script, task(entry)), entry, "task begins")
      } else {
        instant(thread(Self.script, task(entry)), entry, "task \(text(entry, "outcome"))")
      }
    case "command": takeCommand(entry, owner)
    case "machine": takePhase(entry, owner)
    case "console":
      lineCounts[owner, default: 0] += 1
      guard lineCounts[owner]! <= Self.lineLimit else { return }
      instant(thread(owner, "console"), entry, text(entry, "text"))
    case "qmp":
      let name = entry["event"]?.text ?? text(entry, "command")
      instant(thread(owner, "QMP"), entry, name)
    case "process":
      instant(
        thread(owner, "processes"), entry,
        "\(text(entry, "name")) \(entry.phase == "launch" ? "launched" : "exited")")
    case "network":
      let name = "\(text(entry, "network")): \(text(entry, "fault"))"
      instant(thread(Self.script, "networks"), entry, name)
    case "note": instant(thread(Self.script, "notes"), entry, text(entry, "text"))
    default: instant(thread(Self.script, "notes"), entry, entry.kind)
    }
  }

  private func text(_ entry: RecordedRun.Entry, _ name: String) -> String {
    entry[name]?.text ?? "?"
  }

  private func task(_ entry: RecordedRun.Entry) -> String {
    guard let id = entry["task_id"]?.integer else { return "main" }
    return "\(text(entry, "task")) (\(id))"
  }

  private mutating func takeSpan(_ entry: RecordedRun.Entry, _ thread: Thread) {
    let id = entry["id"]?.integer.map(String.init) ?? text(entry, "name")
    let key = "\(entry.kind) \(task(entry)) \(id)"
    if entry.phase == "begin" {
      open[key] = (thread, entry.time, entry)
    } else {
      close(key, at: entry.time, members(entry))
    }
  }

  /// Commands of one machine may overlap, which slices of one thread may not.
  private mutating func takeCommand(_ entry: RecordedRun.Entry, _ machine: String) {
    let key = "command \(machine) \(entry["id"]?.integer ?? 0)"
    if entry.phase == "begin" {
      var free = lanes[machine] ?? []
      let lane = free.firstIndex(of: true) ?? free.count
      if lane == free.count { free.append(false) } else { free[lane] = false }
      lanes[machine] = free
      laneOf[key] = lane
      let name = lane == 0 ? "commands" : "commands \(lane + 1)"
      open[key] = (thread(machine, name), entry.time, entry)
    } else if let lane = laneOf.removeValue(forKey: key) {
      lanes[machine]?[lane] = true
      close(key, at: entry.time, members(entry))
    }
  }

  private mutating func takePhase(_ entry: RecordedRun.Entry, _ machine: String) {
    switch entry.phase {
    case "launched":
      endBoot(machine, at: entry.time, "")
      phases[machine] = [("launched", entry.time)]
    case "first_byte", "kernel", "init", "ready":
      phases[machine]?.append((entry.phase, entry.time))
    case "exited":
      endBoot(machine, at: entry.time, text(entry, "reason"))
      fallthrough
    default: instant(thread(machine, "boot"), entry, entry.phase, scope: "p")
    }
  }

  /// A slice from each phase to the next.
  private mutating func endBoot(_ machine: String, at end: Double, _ reason: String) {
    guard let phases = phases.removeValue(forKey: machine) else { return }
    let thread = thread(machine, "boot")
    for (index, phase) in phases.enumerated() {
      let next = index + 1 < phases.count ? phases[index + 1].time : end
      slice(thread, phase.name, "boot", from: phase.time, to: next, .object([]))
    }
  }

  // MARK: Events

  private mutating func close(_ key: String, at time: Double, _ more: [JSON.Member]) {
    guard let begun = open.removeValue(forKey: key) else { return }
    let event = begun.event
    let name =
      event["purpose"]?.text ?? event["command"]?.text ?? event["name"]?.text ?? event.kind
    let arguments = members(event) + more.filter { event[$0.name] == nil }
    slice(begun.thread, name, event.kind, from: begun.time, to: time, .object(arguments))
  }

  /// What a line says beyond what its place in the picture does.
  private func members(_ entry: RecordedRun.Entry) -> [JSON.Member] {
    guard case .object(let members) = entry.members else { return [] }
    let shown = ["t", "kind", "phase", "machine", "task", "task_id"]
    return members.filter { !shown.contains($0.name) }
  }

  private func micros(_ seconds: Double) -> JSON { .integer(Int64((seconds * 1e6).rounded())) }

  private mutating func slice(
    _ thread: Thread, _ name: String, _ category: String, from start: Double, to end: Double,
    _ arguments: JSON
  ) {
    events.append([
      "name": .string(name), "cat": .string(category), "ph": "X", "ts": micros(start),
      "dur": micros(max(0, end - start)), "pid": .integer(Int64(thread.process)),
      "tid": .integer(Int64(thread.number)), "args": arguments,
    ])
  }

  /// `scope`: how far it is drawn: over its thread, its process, or all.
  private mutating func instant(
    _ thread: Thread, _ entry: RecordedRun.Entry, _ name: String, scope: String = "t"
  ) {
    events.append([
      "name": .string(name), "cat": .string(entry.kind), "ph": "i", "s": .string(scope),
      "ts": micros(entry.time), "pid": .integer(Int64(thread.process)),
      "tid": .integer(Int64(thread.number)), "args": .object(members(entry)),
    ])
  }

  /// The number of a thread of a machine's, or of the script's; the first time it is named.
  private mutating func thread(_ owner: String, _ name: String) -> Thread {
    let process = processes[owner] ?? processes.count + 1
    if processes.updateValue(process, forKey: owner) == nil {
      describe("process_name", process, 0, owner)
      metadata("process_sort_index", process, 0, ["sort_index": .integer(Int64(process))])
    }
    let key = "\(process) \(name)"
    if let number = threads[key] { return Thread(process: process, number: number) }
    let number = (threadCounts[process] ?? 0) + 1
    threadCounts[process] = number
    threads[key] = number
    describe("thread_name", process, number, name)
    return Thread(process: process, number: number)
  }

  private mutating func describe(_ what: String, _ process: Int, _ thread: Int, _ name: String) {
    metadata(what, process, thread, ["name": .string(name)])
  }

  private mutating func metadata(_ what: String, _ process: Int, _ thread: Int, _ value: JSON) {
    events.append([
      "name": .string(what), "ph": "M", "ts": 0, "pid": .integer(Int64(process)),
      "tid": .integer(Int64(thread)), "args": value,
    ])
  }
}
