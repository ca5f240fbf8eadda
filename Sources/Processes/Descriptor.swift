import Glibc

/// A descriptor that closes itself. All are close-on-exec; a child gets only what it is given.
public struct Descriptor: ~Copyable, Sendable {
  public let number: Int32

  /// Takes ownership of an open descriptor.
  public init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  /// Gives up ownership: the caller closes the number.
  public consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// A second descriptor for the same open file.
  public borrowing func duplicate() throws(ProcessError) -> Descriptor {
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw ProcessError.system("dup", errno) }
    return Descriptor(owning: copy)
  }

  /// A connected pair of Unix sockets.
  public static func pair(_ type: SocketType = .stream) throws(ProcessError) -> DescriptorPair {
    var numbers: [Int32] = [-1, -1]
    let kind = type == .stream ? SOCK_STREAM : SOCK_DGRAM
    guard
      socketpair(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0, &numbers) == 0
    else { throw ProcessError.system("socketpair", errno) }
    return DescriptorPair(
      first: Descriptor(owning: numbers[0]), second: Descriptor(owning: numbers[1]))
  }

  public enum SocketType: Sendable { case stream, datagram }
}
