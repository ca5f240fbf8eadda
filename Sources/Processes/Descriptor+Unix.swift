import Glibc

/// Unix sockets with a path.
extension Descriptor {
  public static func unixSocket() throws(ProcessError) -> Descriptor {
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw ProcessError.system("socket", errno) }
    return Descriptor(owning: number)
  }

  public borrowing func bind(_ path: String) throws(ProcessError) {
    try apply(Glibc.bind, "bind", path)
  }

  public borrowing func connect(_ path: String) throws(ProcessError) {
    try apply(Glibc.connect, "connect", path)
  }

  private borrowing func apply(
    _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ name: String, _ path: String
  ) throws(ProcessError) {
    var address = try Self.address(path)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let number = number
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(number, $0, size) }
    }
    guard result == 0 else { throw ProcessError.system("\(name) \(path)", errno) }
  }

  private static func address(_ path: String) throws(ProcessError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    // With a zero byte behind it (unix(7)).
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw ProcessError(
        .launch,
        "the path of a socket has at most 107 bytes: '\(path)' (XDG_RUNTIME_DIR can name a shorter)"
      )
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }
}
