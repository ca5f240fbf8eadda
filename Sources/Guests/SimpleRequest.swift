import Events

/// A request whose answer is only that it was done.
@Supervisor final class SimpleRequest: AgentRequest {
  nonisolated let answer = Event<Result<Void, AgentError>>()

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .done: answer.set(.success(()))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }
}
