import Glibc
import Notation
import Processes
import Record

/// What the page shows of a record, as the data that its script reads.
struct RecordPage {
  private static let consoleBudget = 2_800_000
  private static let markBudget = 1_600_000

  let record: String

  init(_ record: String) { self.record = record }

  func data() throws(ReportError) -> JSON {
    var story = RunStory(budget: Self.markBudget)
    var reader = TimelineReader()
    let summary = try self.summary()
    do {
      guard let timeline = try RecordFile("\(record)/timeline.jsonl") else { throw noRecord }
      try reader.read(timeline) { kind, time, event throws(ReportError) in
        try story.take(kind, time, event)
      }
    }
    guard story.begin != nil else {
      throw ReportError(
        .noRecord, "\(record)/timeline.jsonl does not begin as the record of a run does")
    }
    for machine in summary?["machines"]?.elements ?? [] {
      if let name = machine["name"]?.text { _ = story.index(of: name) }
    }
    let marks = story.finish()
    let end = story.end
    let duration = max(story.duration, summary?["seconds"]?.double ?? 0)
    let machines = try machines(story, summary, marks, duration)
    var status = stat()
    return .object([
      .init("trace", .bool(stat("\(record)/trace.json", &status) == 0)),
      .init("record", .string(absolute(record))),
      .init("run", run(story.begin, end)),
      .init("finished", .bool(end != nil)),
      .init("duration", .seconds(duration)),
      .init("machines", .array(machines)),
      .init("processes", .array(story.processes.map { .object(Self.limited($0)) })),
      .init("sources", .array(sources(story.begin, end))),
      .init("kinds", .array(kinds(marks).map { .string($0) })),
      .init("marks", self.marks(marks, story)),
      .init("cut", .bool(reader.isCut)),
      .init("unknown", .integer(Int64(reader.unknownLines))),
      .init("lost", .integer(Int64(story.lostLines))),
      .init("processesLeftOut", .integer(Int64(story.processesLeftOut))),
      .init(
        "leftOut",
        .object(
          story.marks.leftOut.sorted { $0.key < $1.key }.map {
            .init($0.key, .integer(Int64($0.value)))
          })),
      .init("longestLeftOut", .seconds(story.marks.longestLeftOut)),
    ])
  }

  // MARK: Files

  private var noRecord: ReportError {
    var status = stat()
    let code = stat(record, &status) == 0 ? 0 : errno
    if code != 0 { return .init(.noRecord, "\(record): \(String(cString: strerror(code)))") }
    return .init(
      .noRecord, "\(record) is no record of a run: there is no timeline.jsonl in it")
  }

  /// Nil for a run that was killed, or that goes on.
  private func summary() throws(ReportError) -> JSON? {
    guard let file = try RecordFile("\(record)/run.json") else { return nil }
    return try? JSON.parse(file.read(0..<min(file.size, 16 << 20)))
  }

  private func absolute(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  // MARK: Parts

  private func run(_ begin: JSON?, _ end: JSON?) -> JSON {
    var members: [JSON.Member] = []
    for case .object(let found)? in [begin, end] {
      members += found.filter { !["t", "kind", "phase"].contains($0.name) }
    }
    // The message may be long, since it may hold what a command wrote.
    return .object(
      members.map { member in
        guard case .object(let parts) = member.value else {
          return .init(member.name, member.value.limited(32 << 10))
        }
        return .init(
          member.name,
          .object(parts.map { .init($0.name, $0.value.limited(32 << 10)) }))
      })
  }

  private static func limited(_ members: [JSON.Member]) -> [JSON.Member] {
    members.map { .init($0.name, $0.value.limited(16 << 10)) }
  }

  private func machines(
    _ story: RunStory, _ summary: JSON?, _ marks: [Mark], _ duration: Double
  ) throws(ReportError) -> [JSON] {
    let moments = marks.filter { $0.tier < 2 }.map(\.start)
    var speakers = story.machines.map { machine in
      let told = summary?["machines"]?.elements?.first { $0["name"]?.text == machine.name }
      return Speaker(
        name: machine.name, folder: folder(told?["directory"]?.text ?? machine.name),
        log: "console", told: told, boots: machine.boots)
    }
    speakers += processNames.map {
      Speaker(name: $0, folder: Self.processPrefix + $0, log: "output", told: ["kind": "process"])
    }
    let sizes = speakers.map { speaker in
      var status = stat()
      return stat("\(record)/\(speaker.folder)/\(speaker.log).log", &status) == 0
        ? Int(status.st_size) : 0
    }
    // A console that needs less than its share leaves the rest to others.
    var (left, result) = (Self.consoleBudget, [JSON](repeating: .null, count: speakers.count))
    let order = sizes.indices.sorted { sizes[$0] < sizes[$1] }
    for (position, index) in order.enumerated() {
      let speaker = speakers[index]
      let path = "\(record)/\(speaker.folder)/\(speaker.log)"
      let excerpt = try ConsoleExcerpt(
        log: path + ".log", times: path + ".times", budget: left / (order.count - position),
        moments: moments, duration: duration)
      left -= excerpt.map { min(left, $0.cost) } ?? 0
      result[index] = speaker.json(excerpt)
    }
    return result
  }

  /// Who writes text that is kept with its times: a machine, or a process of the script's.
  private struct Speaker {
    var name: String
    var folder: String
    /// Its log without the ending.
    var log: String
    var told: JSON?
    var boots: [[JSON.Member]] = []

    func json(_ excerpt: ConsoleExcerpt?) -> JSON {
      var members: [JSON.Member] = [
        .init("name", .string(name)), .init("folder", .string(folder)),
        .init("file", .string(log + ".log")),
      ]
      for name in ["kind", "command", "shell"] {
        if let value = told?[name] { members.append(.init(name, value.limited(16 << 10))) }
      }
      let known = boots.isEmpty ? told?["boots"]?.elements ?? [] : []
      members.append(.init("boots", .array(known + boots.map { .object($0) })))
      if let excerpt { members.append(.init("console", excerpt.json)) }
      return .object(members)
    }
  }

  private static let processPrefix = "process-"

  private var processNames: [String] {
    Folder.names(in: record).filter { $0.hasPrefix(Self.processPrefix) }
      .prefix(100).map { String($0.dropFirst(Self.processPrefix.count)) }
  }

  /// A name in the record, and never a way out of it: the record may have been moved.
  private func folder(_ name: String) -> String {
    let last = name.split(separator: "/").last.map(String.init) ?? "_"
    return last == ".." || last == "." ? "_" : last
  }

  private func sources(_ begin: JSON?, _ end: JSON?) -> [JSON] {
    var ended: Double?
    var status = stat()
    if stat("\(record)/run.json", &status) == 0 { ended = Double(status.st_mtim.tv_sec) }
    var (failedFile, failedLine): (String?, Int?) = (nil, nil)
    if let place = end?["error"]?["place"]?.text, let colon = place.lastIndex(of: ":") {
      failedFile = String(place[..<colon])
      failedLine = Int(place[place.index(after: colon)...])
    }
    let script = begin?["script"]?.text
    var names = script.map { [$0] } ?? []
    if let failedFile, failedFile != script { names.insert(failedFile, at: 0) }
    let kept = KeptSources(record)
    return names.map { name in
      let failed = name == failedFile ? failedLine : nil
      if let text = kept[name] { return SourceText(name, text: text, failed: failed).json }
      return SourceText(name, failed: failed, before: ended).json
    }
  }

  private func kinds(_ marks: [Mark]) -> [String] {
    var kinds = ["machine", "step", "wait", "command", "network", "qmp", "process", "task", "note"]
    for mark in marks where !kinds.contains(mark.kind) && kinds.count < 40 {
      kinds.append(mark.kind)
    }
    return kinds
  }

  /// Each as [kind, machine or -1, start, end or null, title, flags, details or null]; the flags are
  /// 1 for what went wrong and 2 for what did not end.
  private func marks(_ marks: [Mark], _ story: RunStory) -> JSON {
    let kinds = kinds(marks)
    let numbers = Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1, $0) })
    let machines = Dictionary(
      story.machines.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let processes = Dictionary(
      uniqueKeysWithValues: processNames.enumerated().map { ($1, $0 + story.machines.count) })
    return .array(
      marks.compactMap { mark in
        guard let kind = numbers[mark.kind] else { return nil }
        let machine =
          mark.machine.map { machines[$0] ?? -1 }
          ?? (mark.kind == "process" ? processes[mark.title] : nil) ?? -1
        return .array([
          .integer(Int64(kind)), .integer(Int64(machine)), .seconds(mark.start),
          mark.end.map { .seconds($0) } ?? .null, .string(mark.title),
          .integer((mark.isBad ? 1 : 0) + (mark.isOpen ? 2 : 0)),
          mark.details.isEmpty ? .null : .object(mark.details),
        ])
      })
  }
}

extension ConsoleExcerpt {
  /// The lines in one text, and the milliseconds that each came after the one before.
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      .init("size", .integer(Int64(size))), .init("count", .integer(Int64(lines.count))),
      .init("text", .string(lines.map(\.text).joined(separator: "\n"))),
    ]
    if lines.contains(where: { $0.time != nil }) {
      var before: Int64 = 0
      members.append(
        .init(
          "times",
          .array(
            lines.map { line in
              let now = Int64((max(0, min(line.time ?? 0, 1e9)) * 1000).rounded())
              defer { before = now }
              return .integer(now - before)
            })))
    }
    if !gaps.isEmpty {
      members.append(
        .init(
          "gaps",
          .array(gaps.map { .array([.integer(Int64($0.line)), .integer(Int64($0.bytes))]) })))
    }
    if !density.isEmpty {
      members.append(.init("density", .array(density.map { .integer(Int64($0)) })))
    }
    return .object(members)
  }
}

extension JSON {
  /// What takes more than so many bytes is text, and cut.
  fileprivate func limited(_ limit: Int) -> JSON {
    if roughSize <= limit { return self }
    if case .string(let text) = self { return .string(text.cut(limit)) }
    return .string(encoded.cut(limit))
  }
}
