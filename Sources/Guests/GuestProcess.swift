import Events

/// A program that was asked for in the guest: to wait for, read, feed and signal.
@Supervisor public final class GuestProcess {
  public enum Stream: Sendable { case output, error }

  /// Set once, when it has ended or could not be run, after all its output.
  public nonisolated let exited = Event<Result<ExecResult, AgentError>>()
  /// Set when the program runs, to its process id, or when it could not be started.
  public nonisolated let started = Event<Result<Int32, AgentError>>()
  /// Set (again) whenever a `.stream` has new bytes or has ended: then `read`.
  public nonisolated let readable = Event<Void>()

  init() {}

  /// Takes what has come of a `.stream`: empty if nothing is there now, nil at its end.
  public func read(_ stream: Stream, atMost limit: Int = .max) -> [UInt8]? { fatalError() }
  /// Queues bytes for a `.stream` standard input. `writable` says when they have been taken.
  public func write(_ bytes: [UInt8]) { fatalError() }
  /// Ends a `.stream` standard input after what was written.
  public func closeInput() { fatalError() }
  /// Sends a signal to the program's process group.
  public func kill(_ signal: Int32) { fatalError() }
}
