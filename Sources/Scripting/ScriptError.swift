/// What a script's call raises: a kind from a closed list, one line that says what and what to do,
/// and fields that a script may read after `pcall`.
public struct ScriptError: Error, Sendable {
  /// The closed list of `error.kind` (documented in docs/manual.md).
  public enum Kind: String, Sendable, CaseIterable {
    case usage, missing, launch, exited
    case guestPanic = "guest_panic"
    case timeout, command, agent, qmp,
      connection, assertion, cancelled, memory
  }

  public enum Field: Sendable, Hashable {
    case bytes([UInt8])
    case integer(Int64)
    case number(Double)
    /// A table of names and strings.
    case named([String: [UInt8]])

    public static func text(_ text: String) -> Field { .bytes(Array(text.utf8)) }
  }

  public var kind: Kind
  public var message: String
  /// The name of the machine it is about.
  public var machine: String?
  /// More fields that the script can read: `code`, `signal`, `stderr`, `stdout` …
  public var fields: [String: Field] = [:]
  /// More lines for the report of an error that nobody caught.
  public var notes: [String] = []
  /// Where in the script; found when it is raised, if not given.
  public var place: Place?
  /// Its notes say what all tasks wait for.
  public internal(set) var tellsOfTasks = false
  /// The time of a `within` has run out: its block is being ended.
  var endsBlock = false
  /// Whether it passes every `pcall`.
  var isUncatchable: Bool { kind == .cancelled || endsBlock }

  public init(_ kind: Kind, _ message: String, machine: String? = nil) {
    self.kind = kind
    self.message = message
    self.machine = machine
  }

  /// Lua's stack, of a million values, has no room for so many.
  static func tooMany(_ what: String) -> ScriptError { .usage("too many \(what) for a task") }

  public static func usage(_ message: String) -> ScriptError { ScriptError(.usage, message) }

  /// `file:line: message`, as `tostring` gives it.
  public var text: String { place.map { "\($0): \(message)" } ?? message }
}

/// A line of a script.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  /// The chunk's name without Lua's `@` or `=`.
  public var source: String
  public var line: Int

  public init(source: String, line: Int) {
    self.source = source
    self.line = line
  }

  /// What a message of Lua's begins with: `file:line: …`.
  public init?(prefixOf message: String) {
    guard let end = message.firstRange(of: ": ")?.lowerBound,
      let colon = message[..<end].lastIndex(of: ":"), !message[..<end].contains("\n"),
      let line = Int(message[message.index(after: colon)..<end])
    else { return nil }
    self.init(source: String(message[..<colon]), line: line)
  }

  public var description: String { "\(source):\(line)" }
}
