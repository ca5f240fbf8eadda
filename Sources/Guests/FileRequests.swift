import Events

/// A file on its way into the guest.
@Supervisor final class PutRequest: AgentRequest {
  nonisolated let answer = Event<Result<Void, AgentError>>()
  private let input: InputStream

  init(client: AgentClient, number: UInt32, bytes: [UInt8]) {
    input = InputStream(client: client, request: number)
    input.write(bytes)
    input.close()
  }

  func begin() { input.open() }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .credit:
      input.grant(Int(body.littleOrZero(UInt32.self, at: 0)))
      return false
    case .done: answer.set(.success(()))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }
}

/// A file on its way out of the guest.
@Supervisor final class GetRequest: AgentRequest {
  nonisolated let answer = Event<Result<GuestFile, AgentError>>()
  private let output = OutputStream(.collected(limit: .max))
  private var mode: UInt32 = 0
  private weak var client: AgentClient?
  private let number: UInt32

  init(client: AgentClient, number: UInt32) {
    self.client = client
    self.number = number
  }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .file:
      mode = body.littleOrZero(UInt32.self, at: 0) & 0o7777
      return false
    case .data:
      let credit = output.receive(body)
      if credit > 0 {
        var body: [UInt8] = []
        body.appendLittle(UInt32(credit))
        client?.send(.credit, number, stream: .output, body: body)
      }
      return false
    case .done: answer.set(.success(GuestFile(bytes: output.take(.max).bytes, mode: mode)))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }
}
