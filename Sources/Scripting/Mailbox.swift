import CEvents
import Events
import Glibc
import Synchronization

/// Where other threads leave the numbers of tasks that should look again.
final class Mailbox: Sendable {
  private let letters = Mutex<[UInt64]>([])
  private let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

  deinit { close(bell) }

  func post(_ task: UInt64) {
    let isFirst = letters.withLock { letters in
      letters.append(task)
      return letters.count == 1
    }
    if isFirst { eventfd_write(bell, 1) }
  }

  func collect() -> [UInt64] {
    letters.withLock { letters in
      let all = letters
      letters = []
      return all
    }
  }

  /// Sleeps until there is a letter or the deadline has passed.
  func sleep(until deadline: Deadline) {
    events_sleep(bell, deadline == .never ? -1 : Int64(min(deadline.remaining, 1e6) * 1e9))
    var rings: eventfd_t = 0
    eventfd_read(bell, &rings)
  }
}
