/// What to start: a value, complete but for the numbers of its descriptors.
public struct Command: Sendable {
  /// What messages call it, for example "qemu" or "swtpm".
  public var name: String
  /// The machine that it serves, if any.
  public var machine: String?
  /// A program's name, looked up in PATH, or a path.
  public var executable: String
  /// What the program is told that it was called as; nil for `executable`.
  public var zeroth: String?
  /// Without the zeroth argument.
  public var arguments: [Argument]
  /// Added to the run's own environment; nil removes a variable.
  public var environment: [String: String?] = [:]
  public var workingDirectory: String?
  public var standardInput = Stream.null
  public var standardOutput = Stream.null
  public var standardError = Stream.captured
  /// Its own process group (the rule), or the run's (an interactive child, such as os.execute's).
  public var hasOwnGroup = true

  public init(name: String, executable: String, arguments: [Argument] = []) {
    self.name = name
    self.executable = executable
    self.arguments = arguments
  }

  public enum Stream: Sendable, Hashable {
    case null
    case inherited
    /// Kept by the child object: the last 64 KiB.
    case captured
    /// Appended to this file, and the last 64 KiB kept by the child object too.
    case file(String)
    /// The descriptor given under this name.
    case descriptor(String)
  }
}
