import Events
import Glibc
import Processes

/// A TCP connection from the host to a forwarded port of a guest.
@Supervisor public final class Connection {
  /// What is kept unread, in bytes; beyond it the peer is made to wait.
  nonisolated static let limit = 4 << 20
  /// Seconds that what was written has to get out after `close`.
  static let grace = 5.0

  /// What it is, for messages, and the machine at its other end.
  public struct Name: Sendable, Hashable {
    public var text: String
    public var machine: String?

    public init(_ text: String, machine: String? = nil) {
      self.text = text
      self.machine = machine
    }

    func error(_ kind: MachineError.Kind, _ what: String) -> MachineError {
      MachineError(kind, "the \(text) \(what)", machine: machine)
    }
  }

  public nonisolated let name: Name
  public nonisolated let inbox = Inbox(limit: Connection.limit)
  public nonisolated let outbox = Outbox()

  private let stream: ByteStream
  /// Whether the other end's QEMU lives: its end looks like an ordinary one of the connection's.
  private let isPeerAlive: @Supervisor () async -> Bool
  private var isClosed = false
  private var isShut = false

  /// Takes a connected socket.
  init(
    _ socket: consuming Descriptor, _ name: Name,
    isPeerAlive: @escaping @Supervisor () async -> Bool = { true }
  ) {
    self.name = name
    self.isPeerAlive = isPeerAlive
    stream = ByteStream(socket)
    stream.onBytes = { [weak self] bytes in self?.receive(bytes) }
    stream.onSent = { [outbox] count in outbox.took(count) }
    stream.onLost = { [outbox] count in outbox.lose(count) }
    stream.goesOnWriting = true
    stream.onReadEnd = { [weak self] in self?.peerEnded() }
    stream.onEnd = { [weak self] in self?.peerEnded() }
    inbox.whenRoom { [weak self] in Supervisor.post { self?.stream.isReading = true } }
  }

  /// Connects to an IPv4 address of the host. Errors of kind connection. That QEMU accepts says
  /// nothing of the guest: its user-mode network answers for a stopped one too.
  public static func open(
    to address: String, _ port: UInt16, _ name: Name, until deadline: Deadline,
    isPeerAlive: @escaping @Supervisor () async -> Bool = { true }
  ) async throws(MachineError) -> Connection {
    var destination = sockaddr_in()
    destination.sin_family = sa_family_t(AF_INET)
    destination.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &destination.sin_addr) == 1 else {
      throw MachineError(.usage, "'\(address)' is no IPv4 address")
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = socket(AF_INET, kind, 0)
    guard number >= 0 else { throw .system(.connection, "socket", errno) }
    let descriptor = Descriptor(owning: number)
    // Questions and answers go back and forth: each is to leave at once.
    var on: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    var code = withUnsafePointer(to: &destination) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
      }
    }
    let what = "cannot be made (\(address):\(port))"
    if code == EINPROGRESS {
      let connected = Event<Bool>()
      let watch = Watch(number, for: .writable) { _ in connected.set(true) }
      let answer = await connected.wait(until: deadline)
      watch.cancel()
      guard answer != nil else { throw name.error(.timeout, "\(what): no answer in time") }
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
    }
    guard code == 0 else { throw name.error(.connection, "\(what): \(text(code))") }
    return Connection(descriptor, name, isPeerAlive: isPeerAlive)
  }

  /// Queues bytes; false, with nothing queued, when too much waits already. `outbox` tells when
  /// there is room. Errors of kind connection when the peer is gone, usage after `close` and `shut`.
  public nonisolated func write(_ bytes: [UInt8]) throws(MachineError) -> Bool {
    guard try outbox.admit(bytes.count) else { return false }
    Supervisor.post { self.stream.send(bytes) }
    return true
  }

  /// Ends this direction after what was written; the peer's bytes still come.
  public func shut() throws(MachineError) {
    if isClosed { throw closed }
    isShut = true
    // What waits is still counted: the refusal is for later writes.
    outbox.reset(refusal: name.error(.usage, "was shut for writing by the script"))
    stream.finishSending()
  }

  /// Ends both directions. What was written and waits has 5 s to get out; nobody waits for it.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    inbox.reset(refusal: closed)
    outbox.reset(refusal: closed)
    stream.onBytes = { _ in }
    guard stream.queuedCount > 0, !stream.hasEnded else { return stream.close() }
    let stream = stream
    stream.isReading = true
    stream.onSent = { _ in if stream.queuedCount == 0 { stream.close() } }
    stream.onLost = { _ in stream.close() }
    Timer(at: .after(Self.grace)) { stream.close() }
  }

  private var closed: MachineError { name.error(.usage, "was closed by the script") }

  private func receive(_ bytes: [UInt8]) { stream.isReading = inbox.append(bytes) }

  private func peerEnded() {
    guard !isClosed else { return }
    let code = stream.failure
    Task { @Supervisor in
      let isAlive = await isPeerAlive()
      if !isClosed { finish(code, isAlive: isAlive) }
    }
  }

  private func finish(_ code: Int32, isAlive: Bool) {
    var failure: MachineError?
    if !isAlive {
      failure = name.error(.connection, "ended with its QEMU")
    } else if code == ECONNRESET || code == EPIPE {
      failure = name.error(.connection, "was reset by the other side")
    } else if code != 0 {
      failure = name.error(.connection, "failed: \(Self.text(code))")
    }
    if !inbox.isOver { inbox.end(failure) }
    // An end of what the other side sends is none of what it reads.
    guard !isShut, failure != nil || stream.hasEnded else { return }
    outbox.reset(refusal: failure ?? name.error(.connection, "was closed by the other side"))
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
