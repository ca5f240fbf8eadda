import Events
import Glibc
import Processes

/// What the machines of other runs hold, and those of this one, for the others to know.
@Supervisor protocol RoomLedger: AnyObject {
  /// Nobody else reads or writes meanwhile.
  func locked<Value>(_ body: () -> Value) -> Value
  /// Bytes that others hold.
  func others() -> UInt64
  func publish(_ bytes: UInt64)
  /// Calls `handler` whenever others may hold less, until `unwatch`.
  func watch(_ handler: @escaping @Supervisor () -> Void)
  func unwatch()
}

/// The ledger of a user's runs: a file `room` in each run's volatile directory, which goes with the
/// run. Whether a run lives is told by the lock on that directory. Where it cannot be had, there are
/// no others.
@Supervisor final class RunLedger: RoomLedger {
  private static let file = "room"

  private var folder: VolatileDirectory?
  private var hasFailed = false
  private var notices: DescriptorBox?
  private var watch: Watch?

  nonisolated init() {}

  private var path: String? {
    if let folder { return folder.path }
    if hasFailed { return nil }
    folder = try? VolatileDirectory.ofRun(.runtime)
    hasFailed = folder == nil
    return folder?.path
  }

  /// Where all runs' directories are.
  private var base: String? {
    path.flatMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
  }

  /// The lock (flock(2)) is on the folder of all runs, and held for as long as it takes to read some
  /// short files.
  func locked<Value>(_ body: () -> Value) -> Value {
    guard let base, let folder = try? Descriptor.open(base, O_RDONLY | O_DIRECTORY) else {
      return body()
    }
    while flock(folder.number, LOCK_EX) != 0 && errno == EINTR {}
    defer { flock(folder.number, LOCK_UN) }
    return body()
  }

  func others() -> UInt64 {
    siblings.reduce(0) { total, sibling in
      guard let text = Files.read("\(sibling)/\(Self.file)"), Self.isAlive(sibling) else {
        return total
      }
      return total &+ (UInt64(text.filter { !$0.isWhitespace }) ?? 0)
    }
  }

  private var siblings: [String] {
    guard let base, let path else { return [] }
    return Folder.names(in: base).map { "\(base)/\($0)" }.filter { $0 != path }
  }

  private static func isAlive(_ directory: String) -> Bool {
    guard let lock = try? Descriptor.open("\(directory)/lock", O_RDONLY | O_NOFOLLOW) else {
      return false
    }
    guard flock(lock.number, LOCK_SH | LOCK_NB) == 0 else { return true }
    flock(lock.number, LOCK_UN)
    return false
  }

  func publish(_ bytes: UInt64) {
    guard let path else { return }
    _ = Files.write("\(bytes)\n", to: "\(path)/\(Self.file)")
  }

  /// By inotify(7): a run that ends removes its directory, or at least closes its lock; one that
  /// holds less writes its file.
  func watch(_ handler: @escaping @Supervisor () -> Void) {
    if watch == nil {
      let number = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
      guard number >= 0 else { return }
      notices = DescriptorBox(Descriptor(owning: number))
      watch = Watch(number) { [weak self] _ in
        var events = [UInt8](repeating: 0, count: 64 << 10)
        while read(number, &events, events.count) > 0 {}
        self?.lookAtSiblings()
        handler()
      }
    }
    lookAtSiblings()
  }

  private func lookAtSiblings() {
    guard let number = notices?.number, let base else { return }
    inotify_add_watch(number, base, UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM))
    for sibling in siblings {
      inotify_add_watch(number, sibling, UInt32(IN_CLOSE_WRITE | IN_DELETE))
    }
  }

  func unwatch() {
    watch?.cancel()
    watch = nil
    notices = nil
  }
}
