import Glibc

/// Lets one thread sleep until another passes it the baton: a POSIX semaphore.
public final class Baton: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  public init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  public func pass() { sem_post(semaphore) }

  public func take() {
    while sem_wait(semaphore) != 0 && errno == EINTR {}
  }
}
