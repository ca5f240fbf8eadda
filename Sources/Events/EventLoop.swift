import CEvents
import Glibc
import Synchronization

/// An epoll loop on a thread of its own, which is also the executor of `Supervisor`.
final class EventLoop: SerialExecutor, @unchecked Sendable {
  typealias Work = @Sendable () -> Void

  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
  private let wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  private let mailbox = Mutex<[Work]>([])
  private let thread = Atomic<UInt>(0)

  // Touched on the loop's own thread only.
  var watches: [Int32: Watch] = [:]
  var timers = TimerQueue<Timer>()

  init() {
    precondition(epoll >= 0 && wakeup >= 0, "epoll is not to be had: \(errnoText())")
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeup))
    epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event)
    var id = pthread_t()
    let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { loop in
      Unmanaged<EventLoop>.fromOpaque(loop!).takeRetainedValue().run()
    }
    let code = pthread_create(&id, nil, start, Unmanaged.passRetained(self).toOpaque())
    precondition(code == 0, "no thread for the supervisor: \(String(cString: strerror(code)))")
  }

  var isCurrent: Bool { thread.load(ordering: .acquiring) == UInt(pthread_self()) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    post { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func checkIsolated() { precondition(isCurrent, "this belongs to the supervisor's thread") }
  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  func post(_ work: @escaping Work) {
    let wasEmpty = mailbox.withLock { mailbox in
      mailbox.append(work)
      return mailbox.count == 1
    }
    if wasEmpty && !isCurrent { eventfd_write(wakeup, 1) }
  }

  func change(_ descriptor: Int32, _ operation: Int32, _ interest: UInt32) {
    var event = epoll_event(events: interest, data: epoll_data_t(fd: descriptor))
    let code = epoll_ctl(epoll, operation, descriptor, &event)
    precondition(code == 0, "epoll_ctl(\(operation), \(descriptor)): \(errnoText())")
  }

  private func run() -> Never {
    thread.store(UInt(pthread_self()), ordering: .releasing)
    events_name_thread("supervisor")
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    while true {
      runMail()
      let count = epoll_wait(epoll, &events, Int32(events.count), timeout())
      for event in events.prefix(Int(max(0, count))) {
        if event.data.fd == wakeup {
          var value: eventfd_t = 0
          eventfd_read(wakeup, &value)
        } else {
          // A handler run earlier in this round may have cancelled this watch.
          let watch = watches[event.data.fd]
          Supervisor.assumeIsolated { watch?.handle(event.events) }
        }
      }
      while let timer = timers.popDue(at: .now) { Supervisor.assumeIsolated { timer.fire() } }
    }
  }

  private func runMail() {
    while true {
      let work = mailbox.withLock { mailbox in
        let work = mailbox
        mailbox = []
        return work
      }
      if work.isEmpty { return }
      for item in work { item() }
    }
  }

  /// Milliseconds until the next timer, rounded up; -1 for ever, 0 when there is mail.
  private func timeout() -> Int32 {
    if mailbox.withLock({ !$0.isEmpty }) { return 0 }
    guard let soonest = timers.soonest else { return -1 }
    let seconds = Deadline(soonest).remaining
    return seconds >= 1e6 ? 1_000_000_000 : Int32((seconds * 1000).rounded(.up))
  }
}

func errnoText() -> String { String(cString: strerror(errno)) }
