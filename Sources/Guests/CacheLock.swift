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
    var code = flock(number, LOCK_EX | LOCK_NB)
    if code != 0 { waiting() }
    while code != 0 {
      code = flock(number, LOCK_EX)
      guard code == 0 || errno == EINTR else {
        let reason = String(cString: strerror(errno))
        close(number)
        throw GuestError(.unusable, "\(path): \(reason)")
      }
    }
    descriptor = Descriptor(owning: number)
  }
}
