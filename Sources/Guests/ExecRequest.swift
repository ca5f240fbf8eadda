/// A program to run in the guest.
public struct ExecRequest: Sendable {
  /// The program, looked up in the guest's PATH unless it has a slash, and its arguments.
  /// Bytes, as Linux takes them: they need not be UTF-8.
  public var arguments: [[UInt8]]
  /// Added to the agent's environment; nil removes a variable.
  public var environment: [String: String?] = [:]
  public var workingDirectory: String?
  /// A name in the guest's /etc/passwd or a number; nil is root. Its groups, HOME, USER, LOGNAME and SHELL
  /// come with it.
  public var user: String?
  /// Seconds after which the agent kills the program's session.
  public var timeout: Double?
  public var standardInput = Input.none
  public var standardOutput = Output.collected(limit: Output.defaultLimit)
  public var standardError = Output.collected(limit: Output.defaultLimit)

  /// Whether `GuestProcess.started` is to be set at the start already: a frame more. Else it is
  /// set at the end.
  public var reportsStart = false

  public init(_ arguments: [String]) { self.arguments = arguments.map { Array($0.utf8) } }
  public init(bytes arguments: [[UInt8]]) { self.arguments = arguments }

  /// `sh -c command`.
  public static func shell(_ command: String) -> ExecRequest {
    ExecRequest(["sh", "-c", command])
  }

  public enum Input: Sendable {
    /// /dev/null.
    case none
    /// These bytes and then the end of the file.
    case bytes([UInt8])
    /// What `GuestProcess.write` is given, until `closeInput`.
    case stream
  }

  public enum Output: Sendable {
    case null
    /// Kept for the result: the first `limit` bytes.
    case collected(limit: Int)
    /// Taken by `GuestProcess.read`; the guest's program waits when 256 KiB are untaken.
    case stream
    /// Standard error only: into standard output.
    case merged

    public static let defaultLimit = 256 << 20
  }
}
