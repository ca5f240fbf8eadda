import Glibc
import Networks
import Processes

/// This process's end of a socket that leads to a switch.
struct Wire: Sendable {
  let socket: Int32
  let number: Int
  /// Each frame has its length before it.
  let isStream: Bool

  init(_ ethernet: EthernetSwitch, number: Int) throws {
    let (ours, theirs) = try Descriptor.pair().split()
    socket = ours.take()!.release()
    self.number = number
    isStream = true
    ethernet.attach(ethernet.addPort("p\(number)")!, theirs)
  }

  /// A port of the vde_switch whose sockets are in a directory: its control socket is told where this
  /// end is, and tells where frames go (version 3 of its protocol).
  init(vde directory: String, number: Int) throws {
    self.number = number
    isStream = false
    let control = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    try Self.call("connect", Self.with("\(directory)/ctl") { connect(control, $0, $1) })
    let own = "\(directory)/bench.\(getpid()).\(number)"
    try Self.call("bind", Self.with(own) { bind(socket, $0, $1) })
    var request: [UInt8] = []
    for word in [0xfeed_face as UInt32, 3, 0] {
      withUnsafeBytes(of: word) { request += $0 }
    }
    Self.with(own) { address, length in
      request += UnsafeRawBufferPointer(start: address, count: Int(length))
    }
    request += Array("bench".utf8) + [0]
    try Self.call("write", Int32(write(control, request, request.count)) - Int32(request.count))
    var answer = sockaddr_un()
    let size = MemoryLayout<sockaddr_un>.size
    try Self.call("read", read(control, &answer, size) > 0 ? 0 : -1)
    let code = withUnsafePointer(to: &answer) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(size))
      }
    }
    try Self.call("connect", code)
  }

  private static func call(_ name: String, _ code: Int32) throws {
    if code < 0 { throw ProcessError.system("vde_switch: \(name)", errno) }
  }

  private static func with<Value>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
  ) -> Value {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }

  /// From one port's machine to another's, 255 for all.
  static func frame(from: Int, to: Int, size: Int) -> [UInt8] {
    let destination: [UInt8] =
      to == 255 ? [UInt8](repeating: 255, count: 6) : [2, 0, 0, 0, 0, UInt8(to)]
    let header = destination + [2, 0, 0, 0, 0, UInt8(from), 0x88, 0xb5]
    return header + [UInt8](repeating: 0, count: max(0, size - header.count))
  }

  func message(_ frame: [UInt8]) -> [UInt8] {
    guard isStream else { return frame }
    let length = UInt32(frame.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + frame
  }

  func sendMessage(_ message: [UInt8]) {
    var position = 0
    while position < message.count {
      let count = message.withUnsafeBytes {
        write(socket, $0.baseAddress! + position, message.count - position)
      }
      if count <= 0 { return }
      position += count
    }
  }

  func send(_ frame: [UInt8]) { sendMessage(message(frame)) }

  /// The next frame of a stream; empty when none comes within so many seconds.
  func next(_ seconds: Double) -> [UInt8] {
    var file = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&file, 1, Int32(seconds * 1000)) == 1 else { return [] }
    let length = take(4).reduce(0) { $0 << 8 | Int($1) }
    return take(length)
  }

  private func take(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = read(socket, buffer.baseAddress! + filled, count - filled)
        if got <= 0 { return }
        filled += got
      }
    }
  }
}
