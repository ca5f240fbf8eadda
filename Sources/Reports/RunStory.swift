import Notation
import Record

/// What a record's timeline tells, put together: beginnings with their ends, machines with their
/// boots, processes with their commands.
struct RunStory {
  static let schema: Int64 = 1
  private static let processLimit = 400
  private static let bootLimit = 200

  struct Machine {
    var name: String
    /// A member for each phase, its time; and `reason` of the end.
    var boots: [[JSON.Member]] = []
  }

  private(set) var begin: JSON?
  private(set) var end: JSON?
  private(set) var machines: [Machine] = []
  private(set) var processes: [[JSON.Member]] = []
  private(set) var processesLeftOut = 0
  /// Lines that the run could not write.
  private(set) var lostLines = 0
  /// The latest time of all.
  private(set) var duration = 0.0
  private(set) var marks: MarkList
  private var open: [String: [Mark]] = [:]
  /// Those of networks that nothing has ended yet.
  private var faults: [String: [Mark]] = [:]
  private var processIndex: [String: Int] = [:]

  init(budget: Int) { marks = MarkList(budget: budget) }

  mutating func take(_ kind: String, _ time: Double, _ event: JSON) throws(ReportError) {
    duration = max(duration, time)
    if let machine = event["machine"]?.text { _ = index(of: machine) }
    switch kind {
    case "run": try takeRun(event)
    case "machine": takePhase(time, event)
    case "process": takeProcess(time, event)
    case "network": takeFault(time, event)
    case "console": break
    case "qmp":
      let isEvent = event["event"] != nil
      let name = (event["event"] ?? event["command"])?.text ?? "QMP"
      add(kind, time, isEvent ? name : "→ \(name)", event, isBad: event["error"] != nil)
    case "note": add(kind, time, event["text"]?.text ?? "", event)
    case "lost": lostLines += Int(clamping: event["lines"]?.integer ?? 0)
    default: takeSpan(kind, time, event)
    }
  }

  /// Ends what is still open, and gives all marks in order.
  mutating func finish() -> [Mark] {
    for mark in open.values.joined() {
      var mark = mark
      mark.isOpen = true
      marks.append(mark)
    }
    for mark in faults.values.joined() {
      var mark = mark
      mark.end = duration
      marks.append(mark)
    }
    (open, faults) = ([:], [:])
    return marks.finish()
  }

  /// The number of that machine, which is new if it was not named before.
  mutating func index(of machine: String) -> Int {
    if let index = machines.firstIndex(where: { $0.name == machine }) { return index }
    machines.append(Machine(name: machine))
    return machines.count - 1
  }

  // MARK: Kinds

  private mutating func takeRun(_ event: JSON) throws(ReportError) {
    if event["phase"]?.text == "end" {
      end = event
      return
    }
    begin = event
    let found = event["schema"]?.integer ?? Self.schema
    guard found <= Self.schema else {
      throw ReportError(
        .noRecord,
        "the record was written by a newer vmscript"
          + "\(event["version"]?.text.map { ", \($0)" } ?? "") (schema \(found), and this one knows "
          + "\(Self.schema)): let that one make the report")
    }
  }

  private mutating func takePhase(_ time: Double, _ event: JSON) {
    guard let name = event["machine"]?.text, let phase = event["phase"]?.text else { return }
    let index = index(of: name)
    let isBad =
      phase == "failed"
      || (phase == "exited" && event["asked"]?.boolean != true
        && ["panic", "killed", "crashed"].contains(event["reason"]?.text))
    add("machine", time, phase, event, isBad: isBad)
    let number = Int(clamping: event["boot"]?.integer ?? Int64(machines[index].boots.count))
    guard number <= Self.bootLimit else { return }
    while machines[index].boots.count < max(1, number) { machines[index].boots.append([]) }
    let boot = max(1, number) - 1
    if !machines[index].boots[boot].contains(where: { $0.name == phase }) {
      machines[index].boots[boot].append(JSON.Member(phase, .seconds(time)))
    }
    if phase == "exited", let reason = event["reason"] {
      machines[index].boots[boot].append(JSON.Member("reason", reason.bounded))
    }
  }

  private mutating func takeProcess(_ time: Double, _ event: JSON) {
    let name = event["name"]?.text ?? "process"
    let key = "\(name) \(event["pid"]?.integer ?? 0)"
    if event["phase"]?.text == "launch" {
      if processes.count < Self.processLimit {
        processIndex[key] = processes.count
        var members = Self.rest(event, without: ["phase", "command"])
        if let machine = event["machine"] { members.append(JSON.Member("machine", machine)) }
        members.append(JSON.Member("launched", .seconds(time)))
        if let command = event["command"] { members.append(JSON.Member("command", command)) }
        processes.append(members)
      } else {
        processesLeftOut += 1
      }
      begin("process", key, time, name, event, without: ["command"])
      return
    }
    // How a machine's processes end is told of the machine; INT, KILL and TERM are how one ends others.
    let signal = event["signal"]?.integer
    let isBad =
      event["machine"] == nil
      && (signal.map { ![2, 9, 15].contains($0) } ?? ((event["code"]?.integer ?? 0) != 0))
    end("process", key, time, name, event, isBad: isBad)
    if let index = processIndex.removeValue(forKey: key) {
      processes[index].append(JSON.Member("exited", .seconds(time)))
      processes[index] += Self.rest(event, without: ["phase", "name", "pid", "machine", "command"])
    }
  }

  private mutating func takeFault(_ time: Double, _ event: JSON) {
    let (network, fault) = (event["network"]?.text ?? "", event["fault"]?.text ?? "fault")
    let detail = event["detail"]?.text ?? ""
    let title = "\(fault) · \(network) · \(detail)"
    guard let ended = Self.endings[fault] else {
      var mark = mark("network", time, title, event)
      (mark.word, mark.place) = (fault, detail)
      faults[network, default: []].append(mark)
      return
    }
    var left: [Mark] = []
    for mark in faults.removeValue(forKey: network) ?? [] {
      let isMeant =
        ended.isEmpty ? !Self.notHealed.contains(mark.word) : ended.contains(mark.word)
      // A heal of some ends heals what was done to these; a reset is of one link.
      let isThere =
        detail == "all" || mark.place == detail || mark.place.hasPrefix(detail + ":")
        || !["heal", "reset"].contains(fault)
      guard isMeant && isThere else {
        left.append(mark)
        continue
      }
      var mark = mark
      mark.end = time
      marks.append(mark)
    }
    faults[network] = left
    add("network", time, title, event)
  }

  /// Which faults another word of a network ends; none are all but `notHealed`.
  private static let endings: [String: Set<String>] = [
    "heal": [], "release": ["hold"], "reset": ["set"], "plug": ["unplug"],
  ]
  private static let notHealed: Set<String> = ["hold", "set", "unplug"]

  private mutating func takeSpan(_ kind: String, _ time: Double, _ event: JSON) {
    let names: [String: String] = [
      "wait": "purpose", "command": "command", "step": "name", "task": "task",
    ]
    let title = names[kind].flatMap { event[$0]?.text }
    let machine = event["machine"]?.text
    // What has a number ends by it; a task does one thing after the other.
    let key: String
    if let id = event["id"] {
      key = id.encoded + (kind == "command" ? " \(machine ?? "")" : "")
    } else {
      key = "\(event["task_id"]?.encoded ?? "")\n\(title ?? "")"
    }
    switch event["phase"]?.text {
    case "begin": begin(kind, key, time, title ?? kind, event)
    case "end":
      let isBad =
        event["error"] != nil || event["signal"] != nil || (event["code"]?.integer ?? 0) != 0
        || event["outcome"] == "failed"
      end(kind, key, time, title ?? kind, event, isBad: isBad)
    default: add(kind, time, title ?? event["phase"]?.text ?? kind, event)
    }
  }

  // MARK: Marks

  private mutating func add(
    _ kind: String, _ time: Double, _ title: String, _ event: JSON, isBad: Bool = false
  ) {
    marks.append(mark(kind, time, title, event, isBad: isBad))
  }

  private func mark(
    _ kind: String, _ time: Double, _ title: String, _ event: JSON, isBad: Bool = false,
    without: Set<String> = []
  ) -> Mark {
    Mark(
      kind: kind, machine: event["machine"]?.text?.cut(200), start: time, title: title.cut(300),
      isBad: isBad,
      details: Self.rest(event, without: without.union(Self.told)).filter {
        $0.value != .string(title) || title.utf8.count > 300
      })
  }

  private mutating func begin(
    _ kind: String, _ key: String, _ time: Double, _ title: String, _ event: JSON,
    without: Set<String> = []
  ) {
    let mark = mark(kind, time, title, event, without: without)
    open["\(kind) \(key)", default: []].append(mark)
  }

  /// Ends the latest beginning of that key; an end alone is a mark too.
  private mutating func end(
    _ kind: String, _ key: String, _ time: Double, _ title: String, _ event: JSON, isBad: Bool
  ) {
    let key = "\(kind) \(key)"
    guard var mark = open[key]?.popLast() else {
      add(kind, time, "\(title) (end)", event, isBad: isBad)
      return
    }
    if open[key]?.isEmpty == true { open[key] = nil }
    mark.end = time
    mark.isBad = isBad
    let known = Set(mark.details.map(\.name))
    mark.details += Self.rest(event, without: known.union(Self.told)).filter {
      $0.value != .string(title)
    }
    marks.append(mark)
  }

  private static let told: Set<String> = ["phase", "id", "seconds"]

  /// The members of an event that a mark does not say by itself.
  private static func rest(_ event: JSON, without: Set<String>) -> [JSON.Member] {
    guard case .object(let members) = event else { return [] }
    return Mark.bounded(
      members.filter { !["t", "kind", "machine"].contains($0.name) && !without.contains($0.name) })
  }
}
