import Events
import Glibc

/// A program that was asked for in the guest: to wait for, read, feed and signal.
@Supervisor public final class GuestProcess {
  public enum Stream: Sendable { case output, error }

  /// Set once, when it has ended or could not be run, after all its output.
  public nonisolated let exited = Event<Result<ExecResult, AgentError>>()
  /// Set when the program runs, to its process id in the guest, or when it could not be started.
  public nonisolated let started = Event<Result<Int32, AgentError>>()
  /// Set while a `.stream` has bytes to `read` or has ended.
  public nonisolated let readable = Event<Void>()

  /// Told of its life, if it comes to that.
  var witness: (any CommandWitness)?
  private weak var client: AgentClient?
  private let number: UInt32
  private let input: InputStream
  private let outputs: [OutputStream]

  init(client: AgentClient, number: UInt32, request: ExecRequest) {
    self.client = client
    self.number = number
    input = InputStream(client: client, request: number)
    outputs = [OutputStream(request.standardOutput), OutputStream(request.standardError)]
    if case .bytes(let bytes) = request.standardInput {
      input.write(bytes)
      input.close()
    }
  }

  /// Takes what has come of a `.stream`: empty if nothing is there now, nil at its end.
  public func read(_ stream: Stream, atMost limit: Int = .max) -> [UInt8]? {
    let output = outputs[stream == .output ? 0 : 1]
    if output.isEmpty && exited.value != nil { return nil }
    let (bytes, credit) = output.take(limit)
    if credit > 0 { give(credit, to: stream == .output ? .output : .error) }
    if exited.value == nil && outputs.allSatisfy(\.isEmpty) { readable.clear() }
    return bytes
  }

  /// Queues bytes for a `.stream` standard input; they are dropped if the program has closed it.
  public func write(_ bytes: [UInt8]) { input.write(bytes) }

  /// Bytes written and not yet on their way: a writer of much waits until this is small.
  public var pendingInput: Int { input.pending }

  /// Told how many bytes of a `.stream` standard input have just gone.
  public func onInput(_ body: @escaping (Int) -> Void) { input.onSent = body }

  /// Ends a `.stream` standard input after what was written.
  public func closeInput() { input.close() }

  /// Sends a signal to the program's process group, SIGKILL to its whole session; nothing if it has
  /// ended.
  public func kill(_ signal: Int32) {
    guard exited.value == nil else { return }
    var body: [UInt8] = []
    body.appendLittle(UInt32(bitPattern: signal))
    client?.sendOrQueue(.signal, number, body: body)
  }

  /// Ends it for whoever asked: takes the request back if the guest has not got it yet, else kills
  /// the program's session.
  public func cancel() {
    guard exited.value == nil else { return }
    guard client?.withdraw(number) == true else { return kill(SIGKILL) }
    fail(AgentError(.ended, "the request was taken back"))
  }

  private func give(_ credit: Int, to stream: Frame.Stream) {
    guard exited.value == nil else { return }
    var body: [UInt8] = []
    body.appendLittle(UInt32(credit))
    client?.send(.credit, number, stream: stream, body: body)
  }
}

extension GuestProcess: AgentRequest {
  func begin() {
    input.open()
    witness?.began()
  }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .data:
      guard frame.stream == 1 || frame.stream == 2 else { return false }
      let credit = outputs[Int(frame.stream) - 1].receive(body)
      if credit > 0 { give(credit, to: frame.stream == 1 ? .output : .error) }
      readable.set(())
      return false
    case .credit:
      input.grant(Int(body.littleOrZero(UInt32.self, at: 0)))
      return false
    case .started:
      started.set(.success(Int32(truncatingIfNeeded: body.littleOrZero(UInt32.self, at: 0))))
      return false
    case .exit:
      finish(.success(result(body)))
      return true
    case .error:
      fail(error(from: body))
      return true
    default: return false
    }
  }

  private func result(_ body: UnsafeRawBufferPointer) -> ExecResult {
    let code = Int32(truncatingIfNeeded: body.littleOrZero(UInt32.self, at: 4))
    let isSignal = body.littleOrZero(UInt32.self, at: 0) != 0
    var result = ExecResult(status: isSignal ? .signalled(number: code) : .exited(code: code))
    result.isTimedOut = body.littleOrZero(UInt32.self, at: 8) != 0
    result.seconds = Double(body.littleOrZero(UInt64.self, at: 16)) / 1e9
    result.output = outputs[0].block
    result.errorOutput = outputs[1].block
    result.droppedOutput = outputs[0].dropped
    result.droppedError = outputs[1].dropped
    return result
  }

  func fail(_ error: AgentError) { finish(.failure(error)) }

  private func finish(_ result: Result<ExecResult, AgentError>) {
    witness?.ended(result)
    exited.set(result)
    if started.value == nil {
      // It ended before its start was asked for.
      started.set(result.map { _ in 0 })
    }
    readable.set(())
  }
}
