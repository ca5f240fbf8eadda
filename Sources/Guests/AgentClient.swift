import Events
import Glibc
import Processes

/// The host's side of the agent's channel (docs/agent.md): any number of requests at once, all
/// failed with an `AgentError` when the channel ends or the guest boots again. What is asked
/// before the agent is ready goes out when it is.
@Supervisor public final class AgentClient {
  /// The agent of this boot; cleared when the guest goes down or the channel ends, and set anew
  /// by each boot.
  public nonisolated let ready = Event<AgentReady>()
  /// Set when the channel ends or the guest cannot be talked to.
  public nonisolated let ended = Event<AgentError>()
  /// Set when the guest says that it is about to power off, halt or reboot.
  public nonisolated let leaving = Event<PowerRequest>()

  /// Set while the guest of this boot cannot be had, by who would have brought the agent into it.
  public nonisolated let barred = Event<AgentError>()
  /// Called when a guest has come up whose kernel has no timer. Such a guest is not made ready: who is
  /// called boots it again, or gives it up.
  public var onTimerless: (@Supervisor () -> Void)?
  /// Told of each agent before `ready` is set.
  public var onReady: @Supervisor (AgentReady) -> Void = { _ in }
  /// The kernel's numbers of the boot whose agent said hello last, and of the one that a reset has ended;
  /// empty where there was none, or it is not known.
  private var presentBoot = ""
  private var lastBoot = ""
  /// The version of an agent in the guest that cannot be talked to and is going to be replaced.
  var strangerVersion: UInt16?

  public enum PowerRequest: UInt32, Sendable { case poweroff, reboot, halt }

  private struct Unsent {
    var kind: Frame.Kind
    var request: UInt32
    var body: [UInt8]
  }
  private var descriptor: Descriptor?
  private let number: Int32
  private var watch: Watch?
  private var parser = FrameParser()
  private var outgoing: [UInt8] = []
  private var sent = 0
  private var requests: [UInt32: any AgentRequest] = [:]
  private var unsent: [Unsent] = []
  private var lastNumber: UInt32 = 0
  private let isReplaceable: Bool

  /// Takes the host's end of the socket pair whose other end QEMU has as a chardev. An agent of
  /// another version ends the channel, unless an `AgentDelivery` can replace it.
  public init(_ box: DescriptorBox, isReplaceable: Bool = false) {
    self.isReplaceable = isReplaceable
    descriptor = box.take()
    number = descriptor?.number ?? -1
    guard number >= 0 else {
      end(AgentError(.ended, "there is no channel to the agent"))
      return
    }
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    watch = Watch(number) { [weak self] readiness in self?.handle(readiness) }
  }

  isolated deinit { watch?.cancel() }

  /// The machine was reset: whoever was there before is gone, and the next boot's agent will say
  /// hello. QEMU does not tell it by the channel, and the channel may still have one of the boot before.
  public func forgetGuest() {
    lastBoot = presentBoot
    forgetAgent()
  }

  /// The agent is gone, and its guest perhaps not.
  func forgetAgent() {
    ready.clear()
    barred.clear()
    strangerVersion = nil
    failSent(AgentError(.restarted, "the guest or its agent started again meanwhile"))
  }

  /// Nobody will answer in this boot: fails all that was asked, and what will be.
  func bar(_ error: AgentError) {
    barred.set(error)
    unsent = []
    failSent(error)
  }

  /// Closes the channel and fails what is under way.
  public func close() { end(AgentError(.ended, "the channel to the guest's agent was closed")) }

  // MARK: Requests

  func nextNumber() -> UInt32 {
    repeat { lastNumber &+= 1 } while lastNumber == 0 || requests[lastNumber] != nil
    return lastNumber
  }

  /// Sends the first frame of a request, now or when there is an agent.
  func submit(_ request: some AgentRequest, number: UInt32, _ kind: Frame.Kind, body: [UInt8]) {
    if let error = ended.value ?? barred.value { return request.fail(error) }
    guard body.count <= Frame.maximumBody else {
      let message = "the request is too long: its arguments may have \(Frame.maximumBody) bytes"
      return request.fail(AgentError(.refused, message, code: E2BIG))
    }
    requests[number] = request
    sendOrQueue(kind, number, body: body)
  }

  func sendOrQueue(_ kind: Frame.Kind, _ number: UInt32, body: [UInt8]) {
    guard ready.value != nil else {
      return unsent.append(Unsent(kind: kind, request: number, body: body))
    }
    send(kind, number, body: body)
    if kind != .signal { requests[number]?.begin() }
  }

  /// Takes back a request of which nothing has been sent; false if something has.
  func withdraw(_ number: UInt32) -> Bool {
    guard unsent.contains(where: { $0.request == number && $0.kind != .signal }) else {
      return false
    }
    unsent.removeAll { $0.request == number }
    requests[number] = nil
    return true
  }

  /// Ends a request that runs no program, and of which nobody wants to hear any more.
  func drop(_ number: UInt32) {
    guard requests[number] != nil, !withdraw(number) else { return }
    requests[number] = nil
    send(.signal, number, body: [UInt8](repeating: 0, count: 4))
  }

  func send(
    _ kind: Frame.Kind, _ number: UInt32, stream: Frame.Stream = .input,
    body: some Collection<UInt8>
  ) {
    guard ended.value == nil, let session = parser.session else { return }
    Frame(session: session, request: number, kind: kind, stream: stream, length: body.count)
      .encode(into: &outgoing)
    outgoing.append(contentsOf: body)
    flush()
  }

  /// For tests: bytes as they are.
  func sendRaw(_ bytes: [UInt8]) {
    outgoing += bytes
    flush()
  }

  // MARK: The channel

  private func handle(_ readiness: Watch.Readiness) {
    if readiness.contains(.writable) { flush() }
    if !readiness.isDisjoint(with: [.readable, .ended]) { receive() }
  }

  private func flush() {
    while sent < outgoing.count {
      let count = outgoing.withUnsafeBytes {
        Glibc.send(number, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      // An error that is not a full socket is read as the end of the channel soon.
      guard count > 0 else { break }
      sent += count
    }
    if sent == outgoing.count {
      outgoing.removeAll(keepingCapacity: outgoing.capacity < 1 << 20)
      sent = 0
    }
    watch?.interest = outgoing.isEmpty ? .readable : [.readable, .writable]
  }

  private func receive() {
    // A round of some reads: others on this thread want their turn.
    for _ in 0..<8 where ended.value == nil {
      let count = parser.fill { Glibc.read(number, $0.baseAddress!, $0.count) }
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      guard count > 0 else {
        return end(AgentError(.ended, "the channel to the guest's agent ended"))
      }
      drain()
    }
  }

  private func drain() {
    while ended.value == nil, let frame = parser.next() {
      // The parser's storage is only read meanwhile: handlers send, and fill nothing.
      parser.withBody { handle(frame, $0) }
    }
  }

  private func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) {
    switch Frame.Kind(rawValue: frame.kind) {
    case .hello: begin(frame, body)
    // Of the init of the guest's own: what is under way may still report, and what is asked from now on
    // is for the next boot.
    case .going: ready.clear()
    case .leaving:
      send(.farewell, 0, body: EmptyCollection())
      leave(PowerRequest(rawValue: body.littleOrZero(UInt32.self, at: 0)) ?? .poweroff)
    default:
      guard let request = requests[frame.request] else { return }
      if request.handle(frame, body) { requests[frame.request] = nil }
    }
  }

  // MARK: Sessions

  private func begin(_ frame: Frame, _ body: UnsafeRawBufferPointer) {
    let version = body.littleOrZero(UInt16.self, at: 0)
    guard version == Frame.version else {
      if isReplaceable {
        strangerVersion = version
        return
      }
      let message =
        "the guest's agent speaks version \(version) of the protocol, not"
        + " \(Frame.version): it came with another vmscript; put this one's there"
      return end(AgentError(.version, message))
    }
    let bootID = body.text(at: 16, size: 40)
    // A second agent of a boot that is over: qemu-guest-agent may bring one while its guest goes down.
    guard bootID.isEmpty || bootID != lastBoot else { return }
    presentBoot = bootID
    // Who hears that a request failed must not find the earlier boot's agent ready.
    ready.clear()
    failSent(AgentError(.restarted, "the guest or its agent started again meanwhile"))
    // The rest of a frame that is half sent stays: the new agent passes over it.
    if sent == 0 { outgoing = [] }
    leaving.clear()
    barred.clear()
    let agent = AgentReady(frame, hello: body)
    if !agent.hasTimer, let onTimerless { return onTimerless() }
    onReady(agent)
    ready.set(agent)
    send(.welcome, 0, body: Self.clockAndSeed())
    let waiting = unsent
    unsent = []
    for frame in waiting where requests[frame.request] != nil {
      send(frame.kind, frame.request, body: frame.body)
      if frame.kind != .signal { requests[frame.request]?.begin() }
    }
  }

  static func clockAndSeed() -> [UInt8] {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var body: [UInt8] = []
    body.appendField(.time, number: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    body.appendField(.seed, (0..<32).map { _ in UInt8.random(in: .min ... .max) })
    return body
  }

  private func leave(_ request: PowerRequest) {
    ready.clear()
    leaving.set(request)
    failSent(AgentError(.ended, "the guest went down (\(request)) meanwhile"))
  }

  /// Fails what an agent that is no more had been asked.
  private func failSent(_ error: AgentError) {
    let waiting = Set(unsent.map(\.request))
    let lost = requests.filter { !waiting.contains($0.key) }.sorted { $0.key < $1.key }
    for (number, request) in lost {
      requests[number] = nil
      request.fail(error)
    }
  }

  private func end(_ error: AgentError) {
    guard ended.value == nil else { return }
    watch?.cancel()
    watch = nil
    descriptor = nil
    ended.set(error)
    ready.clear()
    unsent = []
    failSent(error)
  }
}
