import Events
import Processes
import Synchronization

/// Keeps a machine's console: drains it into a log, always, and tells how far that has come.
@Supervisor public final class Console {
  /// The log file: raw bytes, all boots one after the other.
  public nonisolated let path: String
  /// Set at each change of the snapshot.
  public nonisolated let changed = Event<ConsoleSnapshot>()
  private nonisolated let state = Mutex(ConsoleSnapshot())

  init(path: String) throws(MachineError) {
    self.path = path
  }

  /// May be read from any thread.
  public nonisolated var snapshot: ConsoleSnapshot { state.withLock { $0 } }

  /// Types; what the guest does not take at once is queued.
  public func send(_ bytes: [UInt8]) throws(MachineError) { fatalError("unwritten") }

  /// The last lines of this boot that are not empty, fit for a terminal.
  public func lastLines(_ count: Int = 10) -> [String] { fatalError("unwritten") }

  /// The line of this boot that tells of a kernel's panic.
  public internal(set) var panicLine: String?
}
