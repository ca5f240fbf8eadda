import CallFrames
import Events
import Machines
import Synchronization

/// One call of a method on a server, made by the helper program. Its state may be read from any
/// thread; `changed` wakes those who wait for news.
public final class RemoteCall: Sendable {
  private struct State {
    var metadata: CallMetadata?
    var messages: [[UInt8]] = []
    var next = 0
    var end: CallEnd?
    var failure: MachineError?
    var credit = CallFrame.initialCredit
    var isFinished = false
    /// Bytes that were taken and for which the helper has no new credit yet.
    var taken = 0
  }
  private let state = Mutex(State())
  /// Set at all news: metadata, a message, room to send, the end.
  public let changed = Event<Bool>()
  let number: UInt32
  private let request: CallRequest

  private static let lastNumber = Atomic<UInt32>(0)

  /// Makes the call. It ends with a failure if there is no helper.
  public init(_ request: CallRequest) {
    number = Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    self.request = request
    state.withLock { $0.isFinished = request.message != nil }
    let frame = CallFrame(.open, number, request.encoded).encoded
    CallHelper.shared.begin(self, frame)
  }

  deinit {
    // The helper's table holds a call weakly: nobody waits for this one any more.
    guard state.withLock({ $0.end == nil && $0.failure == nil }) else { return }
    CallHelper.shared.forget(number)
  }

  // MARK: What came

  /// The server's metadata, once it has come.
  public var metadata: CallMetadata? { state.withLock { $0.metadata } }

  /// How it ended, with all messages taken; nil before.
  public var end: CallEnd? { state.withLock { $0.next < $0.messages.count ? nil : $0.end } }

  /// Why it could not go on, other than by what the server said.
  public var failure: MachineError? { state.withLock { $0.failure } }

  /// The next message, nil if there is none yet.
  public func takeMessage() -> [UInt8]? {
    let (message, credit) = state.withLock { state -> ([UInt8]?, Int) in
      guard state.next < state.messages.count else { return (nil, 0) }
      let message = state.messages[state.next]
      state.messages[state.next] = []
      state.next += 1
      if state.next * 2 > state.messages.count {
        state.messages.removeFirst(state.next)
        state.next = 0
      }
      state.taken += message.count
      // Told in larger steps: each costs a frame.
      guard state.taken >= CallFrame.initialCredit / 4, state.end == nil else {
        return (message, 0)
      }
      defer { state.taken = 0 }
      return (message, state.taken)
    }
    if credit > 0 { tell(.credit(credit, number)) }
    return message
  }

  // MARK: What goes

  /// Whether a message may be sent now, or has to wait for room.
  public var hasRoom: Bool { state.withLock { $0.credit > 0 } }

  /// Whether `finish` was called, or the request was all there is to send.
  public var isFinished: Bool { state.withLock { $0.isFinished } }

  public func send(_ message: [UInt8]) {
    state.withLock { $0.credit -= message.count }
    tell(CallFrame(.message, number, message))
  }

  /// Says that nothing more will be sent.
  public func finish() {
    let isFirst = state.withLock { state in
      defer { state.isFinished = true }
      return !state.isFinished
    }
    if isFirst { tell(CallFrame(.finish, number)) }
  }

  /// Ends it, as far as it has not ended, with gRPC's status CANCELLED.
  public func cancel() {
    let isFirst = state.withLock { state in
      guard state.end == nil, state.failure == nil else { return false }
      state.end = CallEnd(code: 1, message: "closed by the script")
      state.messages = []
      state.next = 0
      return true
    }
    guard isFirst else { return }
    changed.set(true)
    CallHelper.shared.forget(number)
  }

  private func tell(_ frame: CallFrame) {
    CallHelper.shared.send(frame.encoded)
  }

  // MARK: From the helper

  /// Takes a frame; true if the call is over with it.
  func take(_ frame: CallFrame) -> Bool {
    let isOver = state.withLock { state in
      guard state.end == nil, state.failure == nil else { return true }
      switch frame.kind {
      case .metadata: state.metadata = CallMetadata(frame.body)
      case .message: state.messages.append(frame.body)
      case .credit: state.credit += frame.credit
      case .end:
        state.end =
          CallEnd(frame.body) ?? CallEnd(code: 13, message: "the helper's answer makes no sense")
      default: break
      }
      return state.end != nil
    }
    // One that gets its answer in one piece has its end next.
    if isOver || !request.isSingleReply || frame.kind == .credit { changed.set(true) }
    return isOver
  }

  func fail(_ error: MachineError) {
    state.withLock { state in
      if state.end == nil && state.failure == nil { state.failure = error }
    }
    changed.set(true)
  }
}
