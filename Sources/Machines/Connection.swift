import Events
import Glibc
import Processes

/// A TCP connection from the host to a forwarded port of a guest.
@Supervisor public final class Connection {
  /// Set whenever there is something to read, or the end has come.
  public nonisolated let readable = Event<Bool>()
  /// What is kept unread; beyond it the peer is made to wait.
  static let limit = 4 << 20

  private let stream: ByteStream
  private var unread = ByteQueue()
  private var isClosed = false

  private init(_ socket: consuming Descriptor) {
    stream = ByteStream(socket)
    stream.onBytes = { [weak self] bytes in self?.receive(bytes) }
    stream.onEnd = { [weak self] in self?.readable.set(true) }
  }

  /// Connects to an IPv4 address of the host. Errors of kind connection. That QEMU accepts says
  /// nothing of the guest: its user-mode network answers for a stopped one too.
  public static func open(
    to address: String, _ port: UInt16, until deadline: Deadline
  ) async throws(MachineError) -> Connection {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
      throw MachineError(.usage, "'\(address)' is no IPv4 address")
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = socket(AF_INET, kind, 0)
    guard number >= 0 else { throw .system(.connection, "socket", errno) }
    let descriptor = Descriptor(owning: number)
    let code = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
      }
    }
    let what = "cannot connect to \(address):\(port)"
    guard code == 0 || code == EINPROGRESS else { throw .system(.connection, what, code) }
    if code == EINPROGRESS {
      let connected = Event<Bool>()
      let watch = Watch(number, for: .writable) { _ in connected.set(true) }
      let answer = await connected.wait(until: deadline)
      watch.cancel()
      guard answer != nil else {
        throw MachineError(.timeout, "\(what): no answer in time")
      }
      var error: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size)
      guard error == 0 else { throw .system(.connection, what, error) }
    }
    return Connection(descriptor)
  }

  private func receive(_ bytes: [UInt8]) {
    unread.append(bytes)
    stream.isReading = unread.count < Self.limit
    readable.set(true)
  }

  public var hasEnded: Bool { unread.count == 0 && stream.hasEnded }

  /// At most `limit` bytes; empty when there is nothing yet, nil at the end.
  public func read(_ limit: Int = .max) throws(MachineError) -> [UInt8]? {
    try demandOpen()
    if unread.count == 0 { return stream.hasEnded ? nil : [] }
    let bytes = unread.take(limit)
    stream.isReading = true
    return bytes
  }

  /// A line without its line feed; nil when there is none yet. At the end, what is left.
  public func readLine() throws(MachineError) -> [UInt8]? {
    try demandOpen()
    let isLast = stream.hasEnded || unread.count >= Self.limit
    guard let line = unread.takeLine(evenUnfinished: isLast) else { return nil }
    stream.isReading = true
    return line
  }

  public func write(_ bytes: [UInt8]) throws(MachineError) {
    try demandOpen()
    guard !stream.hasEnded else {
      throw MachineError(.connection, "the other side has closed the connection")
    }
    stream.send(bytes)
  }

  public func close() {
    isClosed = true
    stream.close()
  }

  private func demandOpen() throws(MachineError) {
    if isClosed { throw MachineError(.usage, "the connection was closed by the script") }
  }
}
