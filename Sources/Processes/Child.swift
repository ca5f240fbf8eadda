import Events

/// A child process of the run, owned from fork to reaping.
@Supervisor public final class Child {
  public nonisolated let name: String
  public nonisolated let pid: Int32
  /// Set when the child is gone, its whole process group killed, and it has been reaped.
  public nonisolated let exited = Event<ExitStatus>()

  init(name: String, pid: Int32) {
    self.name = name
    self.pid = pid
  }

  /// The last 64 KiB of its standard error (and output, when captured).
  public var errorOutput: String { fatalError("unwritten") }

  /// Sends a signal to the child's process group; nothing if it is gone.
  public func signal(_ number: Int32) { fatalError("unwritten") }

  /// Ends the child by the rungs of `ladder` and returns when it has been reaped.
  public func stop(_ ladder: StopLadder = .standard) async { fatalError("unwritten") }
}
