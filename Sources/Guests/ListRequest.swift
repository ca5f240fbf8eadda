import Events
import Glibc

/// What a path leads to in the guest.
@Supervisor final class StatRequest: AgentRequest {
  /// The mode, with the type.
  nonisolated let answer = Event<Result<UInt32, AgentError>>()
  private var mode: UInt32 = 0

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .file:
      mode = body.littleOrZero(UInt32.self, at: 0)
      return false
    case .done: answer.set(.success(mode))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }
}

/// What is in a folder of the guest.
@Supervisor final class ListRequest: AgentRequest {
  nonisolated let answer = Event<Result<[GuestEntry], AgentError>>()
  private var entries: [GuestEntry] = []
  private var names: Set<[UInt8]> = []
  private var uncredited = 0
  private weak var client: AgentClient?
  private let number: UInt32
  private let folder: [UInt8]
  private let limit: Int

  init(client: AgentClient, number: UInt32, folder: [UInt8], limit: Int) {
    self.client = client
    self.number = number
    self.folder = folder
    self.limit = limit
  }

  func cancel() {
    guard answer.value == nil else { return }
    client?.drop(number)
    fail(AgentError(.ended, "the request was taken back"))
  }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .data:
      do throws(AgentError) {
        try add(body)
      } catch {
        client?.drop(number)
        answer.set(.failure(error))
        return true
      }
      client?.credit(number, body.count, &uncredited)
      return false
    case .done: answer.set(.success(entries))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }

  private func add(_ body: UnsafeRawBufferPointer) throws(AgentError) {
    var rest = body
    while !rest.isEmpty {
      guard let (entry, length) = GuestEntry.read(rest), names.insert(entry.name).inserted else {
        throw AgentError(
          .untrusted, "the guest's list of '\(folder.shownPath)' has a name that no folder can have"
        )
      }
      guard entries.count < limit else {
        throw AgentError(
          .refused, "there is too much in '\(folder.shownPath)' in the guest", code: EFBIG)
      }
      entries.append(entry)
      rest = UnsafeRawBufferPointer(rebasing: rest[length...])
    }
  }
}
