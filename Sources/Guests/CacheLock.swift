import Events
import Glibc
import Processes

/// The right to change the cache, until it is released: a lock that the kernel takes back when its
/// holder dies.
struct CacheLock: ~Copyable {
  private let descriptor: Descriptor

  consuming func release() {}

  /// Waits until it is free; calls `waiting` first if it is not.
  init(folder: String, waiting: () -> Void) throws(GuestError) {
    let path = "\(folder)/lock"
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw GuestError(.unusable, "\(path): \(String(cString: strerror(errno)))")
    }
    if flock(number, LOCK_EX | LOCK_NB) != 0 {
      waiting()
      let code = Self.wait(number)
      guard code == 0 else {
        // The thread that sleeps may have the lock later: it goes with the program.
        if code == ECANCELED { throw GuestError(.cancelled, "\(path): the program is to end") }
        close(number)
        throw GuestError(.unusable, "\(path): \(String(cString: strerror(code)))")
      }
    }
    descriptor = Descriptor(owning: number)
  }

  /// Sleeps until the lock is had, 0, or an error. A thread of its own sleeps in flock(2), which
  /// could not be called off.
  private static func wait(_ number: Int32) -> Int32 {
    let outcome = Event<Int32>()
    let subscription = GuestImage.cancelled.subscribe { outcome.set(ECANCELED) }
    defer { subscription.cancel() }
    if GuestImage.cancelled.value != nil { return ECANCELED }
    let code = DetachedThread.run {
      var code: Int32 = 0
      repeat { code = flock(number, LOCK_EX) == 0 ? 0 : errno } while code == EINTR
      outcome.set(code)
    }
    guard code == 0 else { return code }
    return outcome.block() ?? ECANCELED
  }
}
