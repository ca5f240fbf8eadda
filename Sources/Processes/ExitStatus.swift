/// How a child ended.
public enum ExitStatus: Sendable, Hashable {
  /// A code of 256 says that something else in this process reaped the child, and its status with
  /// it: a C module that waits for any child does that.
  case exited(code: Int32)
  case signalled(number: Int32)

  init(reaped code: Int32) {
    self = code < 0 ? .signalled(number: -code) : .exited(code: code)
  }
}
