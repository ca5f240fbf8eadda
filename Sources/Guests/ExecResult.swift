/// How a program in the guest ended.
public struct ExecResult: Sendable {
  public enum Status: Sendable, Hashable {
    case exited(code: Int32)
    case signalled(number: Int32)
  }
  public var status: Status
  /// The agent killed it for its time-out.
  public var isTimedOut = false
  /// Seconds in the guest, from start to end.
  public var seconds = 0.0
  /// What was collected of its outputs.
  public var output = ByteBlock()
  public var errorOutput = ByteBlock()
  /// Bytes beyond the limit of a collected stream, which were dropped.
  public var droppedOutput = 0
  public var droppedError = 0

  public var isSuccess: Bool { status == .exited(code: 0) }

  /// Copies of what was collected.
  public var standardOutput: [UInt8] { output.bytes }
  public var standardError: [UInt8] { errorOutput.bytes }
}
