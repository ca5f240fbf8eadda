import Events
import Glibc

/// Files and folders on their way between the host and the guest: several requests, one answer.
@Supervisor public class Transfer {
  /// Set once, when all is there or something has failed.
  public nonisolated let done = Event<Result<Void, AgentError>>()
  let client: AgentClient
  private var cancels: [() -> Void] = []
  private var isCancelled = false

  /// Requests that may be under way at once.
  static let width = 16

  init(client: AgentClient) { self.client = client }

  /// Nobody waits for it any more. What has arrived stays.
  public func cancel() {
    guard done.value == nil else { return }
    isCancelled = true
    for cancel in cancels { cancel() }
    cancels = []
  }

  func start(_ body: @escaping @Supervisor () async throws(AgentError) -> Void) {
    Task { @Supervisor in
      do throws(AgentError) {
        try await body()
        self.done.set(.success(()))
      } catch {
        for cancel in self.cancels { cancel() }
        self.cancels = []
        self.done.set(.failure(error))
      }
    }
  }

  /// The answer to a request.
  func answer<Value: Sendable>(
    _ event: Event<Result<Value, AgentError>>, cancel: @escaping () -> Void = {}
  ) async throws(AgentError) -> Value {
    if isCancelled { throw AgentError(.ended, "the request was taken back") }
    cancels.append(cancel)
    let answer = await event.wait()
    _ = cancels.popLast()
    guard let answer else { throw AgentError(.ended, "the request was taken back") }
    return try answer.get()
  }

  // MARK: Several at once

  /// Each gives what went wrong. (Swift 6.3 crashes on a typed throw here.)
  private var pending: [() async -> AgentError?] = []

  /// Goes on while the answer is awaited, unless too many are. What `finish` throws is thrown by a later
  /// call, or by `settle`.
  func later<Value: Sendable>(
    _ event: Event<Result<Value, AgentError>>, cancel: @escaping () -> Void = {},
    then finish: @escaping (Value) throws(AgentError) -> Void = { _ in }
  ) async throws(AgentError) {
    cancels.append(cancel)
    pending.append {
      switch await event.wait() {
      case nil: return nil
      case .failure(let error): return error
      case .success(let value):
        do throws(AgentError) { try finish(value) } catch { return error }
        return nil
      }
    }
    if pending.count > Self.width { try await next() }
    if isCancelled { throw AgentError(.ended, "the request was taken back") }
  }

  /// Waits for all that is under way.
  func settle() async throws(AgentError) { while !pending.isEmpty { try await next() } }

  private func next() async throws(AgentError) {
    let first = pending.removeFirst()
    if let error = await first() { throw error }
    if !cancels.isEmpty { cancels.removeFirst() }
  }

  // MARK: Names

  /// Where what has this name goes: into a folder that is there, else it gets the path itself. "." and ".."
  /// and "/" name nothing, and what is in them goes into the path.
  static func target(_ to: [UInt8], isFolder: Bool, from: [UInt8]) -> [UInt8] {
    let name = from.trimmedSlashes.split(separator: 0x2f).last.map(Array.init) ?? []
    guard isFolder, !name.isEmpty, name != [0x2e], name != [0x2e, 0x2e] else { return to }
    return to.appending(name)
  }
}

extension [UInt8] {
  /// Without slashes at the end.
  var trimmedSlashes: [UInt8] {
    var path = self
    while path.count > 1 && path.last == 0x2f { path.removeLast() }
    return path
  }
}
