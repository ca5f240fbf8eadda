import Notation

/// What the run of a file tells the suite that started it: a line of JSON on the channel between them.
public enum Notice: Sendable, Equatable {
  /// A test of the file begins.
  case began(name: String, tags: [String])
  /// It has ended. `report` is why it failed, `skipped` why it was not run; `status` is what it alone
  /// would make the file's exit status.
  case ended(name: String, seconds: Double, status: Int32, report: String?, skipped: String?)
  /// What the script waits for at present.
  case waits([String])
  /// The file has ended. `report` is of a failure that is no test's; `tests` says how many it has,
  /// whether selected or not; `record` is the directory of its logs.
  case fileEnded(status: Int32, report: String?, skipped: String?, tests: Int, record: String?)

  /// Without the newline behind it.
  public var line: String {
    switch self {
    case .began(let name, let tags):
      Self.object("began", [("name", .string(name)), ("tags", .array(tags.map { .string($0) }))])
    case .ended(let name, let seconds, let status, let report, let skipped):
      Self.object(
        "ended",
        [
          ("name", .string(name)), ("seconds", .number(seconds)),
          ("status", .integer(Int64(status))),
          ("report", Self.optional(report)), ("skipped", Self.optional(skipped)),
        ])
    case .waits(let purposes):
      Self.object("waits", [("for", .array(purposes.map { .string($0) }))])
    case .fileEnded(let status, let report, let skipped, let tests, let record):
      Self.object(
        "file",
        [
          ("status", .integer(Int64(status))), ("report", Self.optional(report)),
          ("skipped", Self.optional(skipped)), ("tests", .integer(Int64(tests))),
          ("record", Self.optional(record)),
        ])
    }
  }

  /// Nil for what is no notice.
  public init?(line: some Sequence<UInt8>) {
    guard let value = try? JSON.parse(line) else { return nil }
    func texts(_ name: String) -> [String] { value[name]?.elements?.compactMap(\.text) ?? [] }
    let status = value["status"]?.integer.flatMap { Int32(exactly: $0) } ?? 1
    let (report, skipped) = (value["report"]?.text, value["skipped"]?.text)
    switch (value["notice"]?.text, value["name"]?.text) {
    case ("began", let name?): self = .began(name: name, tags: texts("tags"))
    case ("ended", let name?):
      self = .ended(
        name: name, seconds: value["seconds"]?.double ?? 0, status: status, report: report,
        skipped: skipped)
    case ("waits", _): self = .waits(texts("for"))
    case ("file", _):
      let tests = value["tests"]?.integer.flatMap { Int(exactly: $0) } ?? 0
      self = .fileEnded(
        status: status, report: report, skipped: skipped, tests: tests,
        record: value["record"]?.text)
    default: return nil
    }
  }

  private static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

  private static func object(_ kind: String, _ members: [(String, JSON)]) -> String {
    JSON.object(
      [JSON.Member("notice", .string(kind))] + members.map { JSON.Member($0.0, $0.1) }
    ).encoded
  }
}

extension JSON {
  fileprivate var double: Double? {
    switch self {
    case .number(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
}
