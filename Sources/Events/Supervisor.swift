import Glibc

/// The thread that owns processes, descriptors, timers and signals, as old as the run and never
/// blocked: it only ever waits in epoll. The script has a thread of its own and asks with
/// `sync` and `post`; a blocking C module or a long `string.find` there stops nothing here.
@globalActor public actor Supervisor {
  public static let shared = Supervisor()

  nonisolated let loop = EventLoop()

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// Runs `body` at once: for code that is on the supervisor's thread and that the compiler cannot
  /// know to be.
  public nonisolated static func assumeIsolated<Value>(_ body: @Supervisor () -> Value) -> Value {
    precondition(shared.loop.isCurrent, "this belongs to the supervisor's thread")
    return withoutActuallyEscaping(body) { unsafeBitCast($0, to: (() -> Value).self)() }
  }

  /// Runs `body` on the supervisor soon, in the order of the calls.
  public nonisolated static func post(_ body: @escaping @Supervisor @Sendable () -> Void) {
    shared.loop.post(unsafeBitCast(body, to: (@Sendable () -> Void).self))
  }

  /// Runs `body` on the supervisor and returns what it returned; the calling thread sleeps
  /// meanwhile. On the supervisor itself it runs at once.
  public nonisolated static func sync<Value: Sendable, Failure: Error>(
    _ body: @escaping @Supervisor @Sendable () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let plain = unsafeBitCast(body, to: (@Sendable () throws(Failure) -> Value).self)
    if shared.loop.isCurrent { return try plain() }
    let answer = Event<Result<Value, Failure>>()
    let baton = Baton()
    shared.loop.post {
      do throws(Failure) { answer.set(.success(try plain())) } catch { answer.set(.failure(error)) }
      baton.pass()
    }
    baton.take()
    return try answer.value!.get()
  }

  /// Runs async work that starts on the supervisor, and sleeps until it is done. Not to be called
  /// on the supervisor.
  public nonisolated static func wait<Value: Sendable, Failure: Error>(
    for body: @escaping @Supervisor @Sendable () async throws(Failure) -> Value
  ) throws(Failure) -> Value {
    precondition(!shared.loop.isCurrent, "the supervisor may not wait for itself")
    let answer = Event<Result<Value, Failure>>()
    let baton = Baton()
    post {
      Task { @Supervisor in
        do throws(Failure) {
          answer.set(.success(try await body()))
        } catch {
          answer.set(.failure(error))
        }
        baton.pass()
      }
    }
    baton.take()
    return try answer.value!.get()
  }
}
