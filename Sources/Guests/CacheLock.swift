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
    final class Sleeper {
      let number: Int32
      let outcome: Event<Int32>
      init(_ number: Int32, _ outcome: Event<Int32>) {
        (self.number, self.outcome) = (number, outcome)
      }
    }
    var thread = pthread_t()
    let sleeper = Unmanaged.passRetained(Sleeper(number, outcome))
    let code = pthread_create(
      &thread, nil,
      { argument in
        let sleeper = Unmanaged<Sleeper>.fromOpaque(argument!).takeRetainedValue()
        var code: Int32 = 0
        repeat { code = flock(sleeper.number, LOCK_EX) == 0 ? 0 : errno } while code == EINTR
        sleeper.outcome.set(code)
        return nil
      }, sleeper.toOpaque())
    guard code == 0 else {
      sleeper.release()
      return code
    }
    pthread_detach(thread)
    return outcome.block() ?? ECANCELED
  }
}
