/// How a child ended.
public enum ExitStatus: Sendable, Hashable {
  case exited(code: Int32)
  case signalled(number: Int32)
}
