import CEvents
import Events
import Glibc
import Processes

/// The switch itself. All of it belongs to one thread, which never waits but for descriptors and time;
/// others send it work (`EthernetSwitch`).
final class SwitchCore {
  /// A row for each port with a place for each other.
  static let maximumPorts = 1024
  /// Bytes that are read at once: as many as a socket holds by default, and they stay in the cache.
  static let readSize = 208 << 10
  /// So many frames at one read are a rush.
  static let rushSize: UInt64 = 16
  /// Nanoseconds: a tenth of what fills a socket.
  private static let gathering: Int64 = 50_000
  /// Frames to one port that lie one after the other, with so many bytes, are sent from where they
  /// are; fewer are copied, so that one system call sends them with what comes after.
  static let directSize = 16 << 10

  /// The clock, nanoseconds: read once for each batch of frames.
  var now = UInt64(Instant.monotonic())
  let ports = UnsafeMutablePointer<PortState>.allocate(capacity: maximumPorts)
  private(set) var portCount = 0
  /// Those who have a descriptor.
  let active = UnsafeMutablePointer<Int>.allocate(capacity: maximumPorts)
  private(set) var activeCount = 0
  /// Those whose queue has grown.
  let dirty = UnsafeMutablePointer<Int>.allocate(capacity: maximumPorts)
  var dirtyCount = 0
  let buffer = UnsafeMutablePointer<UInt8>.allocate(
    capacity: EthernetFrame.maximum + 16 + readSize)
  /// Frames to be sent from the buffer they were read into: to which port, -1 for none.
  var runPort = -1
  var run = UnsafeMutablePointer<UInt8>(bitPattern: 16)!
  var runCount = 0

  var addresses: AddressTable
  /// Bytes that a port's queue may hold.
  let queueLimit: Int
  var store: FrameStore
  var delays = DelayQueue()
  /// Frames that `hold` keeps, oldest first.
  var firstHeld: FrameStore.Frame?
  var lastHeld: FrameStore.Frame?
  /// Nothing is to be done for a frame but to pass it on or to drop it by `blocked`.
  var isPlain = true
  var taps: [FrameTap] = []
  var hasTaps = false
  var hasHolds = false
  var isAnyUnplugged = false
  var isAnyFaulty = false
  var hasVLANs = false
  /// Made once, used for each frame.
  var verdict = Verdict()
  /// Copies of frames whose bits are flipped, one for each stage, one that lost its tag, and one that
  /// got a tag.
  let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: 5 * EthernetFrame.maximum + 4)
  var capture: CaptureFile?
  /// When the capture is written to its file at the latest.
  private var captureDue = UInt64.max
  /// Of ports, as captures show them.
  private(set) var names: [String] = []

  private let epoll: Int32
  let wakeup: Int32
  private var isStopped = false
  /// The last reads found many frames.
  var isRush = false

  init(ageing: UInt64, queueLimit: Int, storeLimit: Int) throws(ProcessError) {
    addresses = AddressTable(ageing: ageing)
    self.queueLimit = queueLimit
    store = FrameStore(limit: storeLimit)
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard epoll >= 0, wakeup >= 0 else { throw .system("epoll", errno) }
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: .max))
    epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event)
  }

  deinit {
    for index in 0..<portCount {
      if ports[index].descriptor >= 0 { close(ports[index].descriptor) }
      ports[index].free()
    }
    while let frame = delays.popDue(at: .max) { store.giveBack(frame) }
    while let frame = takeHeld() { store.giveBack(frame) }
    store.clear()
    delays.free()
    addresses.free()
    for memory in [active, dirty] { memory.deallocate() }
    scratch.deallocate()
    ports.deallocate()
    buffer.deallocate()
    if epoll >= 0 { close(epoll) }
    if wakeup >= 0 { close(wakeup) }
  }

  func stop() { isStopped = true }

  /// Runs until it is stopped. `mail` is work from elsewhere, which is done between two ports' frames.
  func run(_ mail: () -> Void, hasMail: () -> Bool) {
    func readMail() {
      if !hasMail() { return }
      readCables()
      mail()
    }
    events_sharpen_timers()
    let room = 64
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: room)
    defer { events.deallocate() }
    while true {
      readMail()
      if isStopped { return }
      if isRush { letGather() }
      let count = events_await(epoll, events, Int32(room), patience())
      tick()
      releaseDue()
      if now >= captureDue { flushCapture() }
      for index in 0..<Int(count) {
        readMail()
        if isStopped { return }
        let mark = events[index].data.u64
        if mark == .max {
          var value: eventfd_t = 0
          eventfd_read(wakeup, &value)
          continue
        }
        let port = Int(mark & 0xffff_ffff)
        guard ports[port].descriptor >= 0, ports[port].generation == UInt32(mark >> 32) else {
          continue
        }
        serve(port, events[index].events)
      }
    }
  }

  /// Who comes a little later under a rush of frames finds more of them at once and is less in the writers'
  /// way. A quarter more frames for each second of the processor, and a tenth more in all (64 bytes,
  /// `SwitchBench forward`). Mail is not kept waiting.
  private func letGather() {
    isRush = false
    _ = events_sleep(wakeup, wakeup, false, Self.gathering)
  }

  /// What a script wrote to a cable before it asked for something has its place before that.
  private func readCables() {
    tick()
    var place = 0
    while place < activeCount {
      let port = active[place]
      place += 1
      // Not more than its socket holds: who writes all the time must not be waited for.
      var rest = 64
      while rest > 0, ports[port].descriptor >= 0, ports[port].isDatagram, receive(port) {
        rest -= 1
      }
    }
  }

  private func serve(_ port: Int, _ readiness: UInt32) {
    tick()
    releaseDue()
    if readiness & EPOLLOUT.rawValue != 0 {
      setFull(port, false)
      flush(port)
    }
    guard readiness & ~EPOLLOUT.rawValue != 0, ports[port].descriptor >= 0 else { return }
    receive(port)
    // A datagram socket that is shut down has no end to be read.
    if ports[port].isDatagram, readiness & EPOLLHUP.rawValue != 0 { detach(port) }
  }

  @inline(__always) func tick() { now = UInt64(Instant.monotonic()) }

  /// Nanoseconds until a frame is due; -1 for ever.
  private func patience() -> Int64 {
    let soonest = min(delays.soonest, captureDue)
    if soonest == .max { return -1 }
    tick()
    return soonest > now ? Int64(soonest - now) : 0
  }

  // MARK: Ports

  /// A port at which nobody is yet. Its number is the count of those before it.
  func addPort(_ name: String) {
    precondition(portCount < Self.maximumPorts)
    names.append(name)
    capture?.addPort(name)
    (ports + portCount).initialize(to: PortState())
    portCount += 1
  }

  /// Somebody is there: `descriptor` becomes the switch's.
  func attach(_ port: Int, _ descriptor: consuming Descriptor, isDatagram: Bool) {
    // What a former one sent last comes first; it has ended, so there is no more than a socket holds.
    var rest = 64
    while rest > 0, ports[port].descriptor >= 0, receive(port) { rest -= 1 }
    detach(port)
    ports[port].descriptor = descriptor.release()
    ports[port].generation &+= 1
    ports[port].isDatagram = isDatagram
    poll(port, EPOLL_CTL_ADD)
    active[activeCount] = port
    activeCount += 1
  }

  /// Nobody is there any more.
  func detach(_ port: Int) {
    guard ports[port].descriptor >= 0 else { return }
    close(ports[port].descriptor)
    ports[port].descriptor = -1
    ports[port].clear()
    addresses.forget(port: port)
    let place = (0..<activeCount).first { active[$0] == port }!
    active[place] = active[activeCount - 1]
    activeCount -= 1
    if runPort == port { runPort = -1 }
  }

  func setFull(_ port: Int, _ isFull: Bool) {
    guard ports[port].isFull != isFull else { return }
    ports[port].isFull = isFull
    poll(port, EPOLL_CTL_MOD)
  }

  private func poll(_ port: Int, _ operation: Int32) {
    let state = ports[port]
    let interest = state.isFull ? EPOLLIN.rawValue | EPOLLOUT.rawValue : EPOLLIN.rawValue
    let mark = UInt64(state.generation) << 32 | UInt64(port)
    var event = epoll_event(events: interest, data: epoll_data_t(u64: mark))
    epoll_ctl(epoll, operation, state.descriptor, &event)
  }

  func noteWhatIsPlain() {
    hasTaps = !taps.isEmpty
    isPlain =
      !hasTaps && !hasHolds && !isAnyUnplugged && !isAnyFaulty && !hasVLANs
      && capture == nil
  }

  // MARK: Capture

  /// Begins a capture, or ends one: then what there was is returned.
  func setCapture(_ new: CaptureFile?) -> CaptureFile? {
    let old = capture
    capture = new
    for name in names { new?.addPort(name) }
    captureDue = new == nil ? .max : UInt64(Instant.monotonic()) + Self.captureDelay
    noteWhatIsPlain()
    return old
  }

  /// Nanoseconds: so much is missing if the program is killed.
  private static let captureDelay: UInt64 = 500_000_000

  private func flushCapture() {
    capture?.flush()
    captureDue = now + Self.captureDelay
  }
}
