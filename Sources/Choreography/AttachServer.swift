import Events
import Glibc
import Machines
import Processes

/// Lets `vmscript attach` into the machines of a run that was kept: a Unix socket in the run's volatile
/// directory, which is the user's alone.
@Supervisor final class AttachServer {
  nonisolated static let socketName = "attach"
  /// Connections at a time, and bytes that one of them may leave untaken: more output is lost to it.
  private static let limits = (connections: 32, queue: 1 << 20)

  private let targets: [AttachTarget]
  private let listener: DescriptorBox
  private var watch: Watch?
  private var visitors: [ObjectIdentifier: Visitor] = [:]

  init(_ targets: [AttachTarget]) throws(ProcessError) {
    self.targets = targets
    let path = try VolatileDirectory.ofRun(.runtime).path + "/" + Self.socketName
    let socket = try Descriptor.unixSocket()
    try socket.bind(path)
    guard listen(socket.number, 16) == 0 else { throw .system("listen \(path)", errno) }
    try socket.setNonblocking()
    listener = DescriptorBox(socket)
    watch = Watch(listener.number) { [weak self] _ in self?.accept() }
  }

  /// Whoever is in is out.
  func close() {
    watch?.cancel()
    watch = nil
    for visitor in visitors.values { visitor.stream.finishSending() }
    visitors = [:]
    listener.close()
  }

  private func accept() {
    let number = Glibc.accept(listener.number, nil, nil)
    guard number >= 0 else { return }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    let socket = Descriptor(owning: number)
    guard visitors.count < Self.limits.connections else { return }
    let visitor = Visitor(ByteStream(socket))
    let id = ObjectIdentifier(visitor)
    visitors[id] = visitor
    visitor.stream.onBytes = { [weak self, weak visitor] (bytes: [UInt8]) in
      guard let self, let visitor else { return }
      guard let frames = visitor.parser.take(bytes) else { return visitor.stream.close() }
      for frame in frames { self.take(frame, from: visitor) }
    }
    visitor.stream.onEnd = { [weak self] in
      self?.visitors[id]?.subscriptions = []
      self?.visitors[id] = nil
    }
  }

  private final class Visitor {
    let stream: ByteStream
    var parser = AttachFrameParser()
    var target: AttachTarget?
    var subscriptions: [Subscription] = []
    init(_ stream: ByteStream) { self.stream = stream }
  }

  private func take(_ frame: AttachFrame, from visitor: Visitor) {
    switch frame.kind {
    case .list:
      let names = targets.filter(\.machine.isRunning).map(\.name).joined(separator: "\n")
      visitor.stream.send(AttachFrame.encoded(.names, names))
    case .attach: attach(visitor, frame.text)
    case .keys: visitor.target?.type(frame.bytes)
    case .size:
      let numbers = frame.text.split(separator: " ").compactMap { Int($0) }
      guard numbers.count == 2, numbers.allSatisfy({ (1...9999).contains($0) }) else { return }
      visitor.target?.resize(TerminalSize(rows: numbers[0], columns: numbers[1]))
    case .names, .output, .refusal: break
    }
  }

  private func attach(_ visitor: Visitor, _ name: String) {
    guard let target = targets.first(where: { $0.name == name }), target.machine.isRunning else {
      let text = "machine '\(Console.sanitised(name.utf8))' does not run in this run"
      visitor.stream.send(AttachFrame.encoded(.refusal, text))
      return
    }
    let (stream, console) = (visitor.stream, target.machine.console)
    visitor.target = target
    stream.send(AttachFrame.encoded(.output, console.recent))
    visitor.subscriptions = [
      console.tap { bytes in
        guard stream.queuedCount < Self.limits.queue else { return }
        stream.send(AttachFrame.encoded(.output, bytes))
      },
      target.machine.exited.subscribe { Supervisor.post { stream.finishSending() } },
    ]
  }
}
