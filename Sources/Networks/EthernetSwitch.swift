import CEvents
import Events
import Glibc
import Processes
import Synchronization

/// A learning Ethernet switch on a thread of its own. Any thread may ask it; what is asked takes effect
/// between two frames.
public final class EthernetSwitch: Sendable {
  typealias Work = @Sendable (SwitchCore) -> Void

  /// What a switch is made with.
  public struct Settings: Sendable {
    /// Seconds after which an address that was not seen is forgotten.
    public var ageing = 300.0
    /// Bytes that wait for a machine that does not read; frames beyond are lost.
    public var queue = 1 << 20
    /// Bytes of frames that are delayed or held; frames beyond are lost.
    public var store = 64 << 20

    public init() {}
  }

  /// What the thread and the others share.
  private final class Post: Sendable {
    let mailbox = Mutex<[Work]>([])
    let hasMail = Atomic<Bool>(false)
    let wakeup: Int32

    init(wakeup: Int32) { self.wakeup = wakeup }

    func take() -> [Work] {
      guard hasMail.exchange(false, ordering: .acquiring) else { return [] }
      return mailbox.withLock { mailbox in
        let work = mailbox
        mailbox = []
        return work
      }
    }
  }

  /// Carries the core to its thread, which alone uses it from then on.
  private struct Handover: @unchecked Sendable { let core: SwitchCore }

  private let shared: Post
  private let counted = Mutex(0)

  /// Errors of kind launch if there is no descriptor or thread to be had.
  public init(_ settings: Settings = Settings()) throws(ProcessError) {
    let core = try SwitchCore(
      ageing: UInt64(min(settings.ageing, 1e9) * 1e9), queueLimit: settings.queue,
      storeLimit: settings.store)
    // A duplicate: the core may be gone when the last word is sent.
    let wakeup = fcntl(core.wakeup, F_DUPFD_CLOEXEC, 3)
    guard wakeup >= 0 else { throw .system("dup", errno) }
    let shared = Post(wakeup: wakeup)
    self.shared = shared
    let handover = Handover(core: core)
    let code = DetachedThread.run {
      events_name_thread("switch")
      let core = handover.core
      core.run {
        for work in shared.take() { work(core) }
      } hasMail: {
        shared.hasMail.load(ordering: .relaxed)
      }
    }
    guard code == 0 else { throw .system("pthread_create", code) }
  }

  deinit {
    post { core in core.stop() }
    close(shared.wakeup)
  }

  /// Does `work` on the switch's thread soon, in the order of the calls.
  func post(_ work: @escaping @Sendable (SwitchCore) -> Void) {
    shared.mailbox.withLock { $0.append(work) }
    if !shared.hasMail.exchange(true, ordering: .releasing) { eventfd_write(shared.wakeup, 1) }
  }

  /// The same, and sleeps until it is done: microseconds. Not for the supervisor.
  func ask<Value: Sendable>(_ work: @escaping @Sendable (SwitchCore) -> Value) -> Value {
    let answer = Answer<Value>()
    let baton = Baton()
    post { core in
      let value = work(core)
      answer.value.withLock { $0 = value }
      baton.pass()
    }
    baton.take()
    return answer.value.withLock { $0! }
  }

  private final class Answer<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  // MARK: Ports

  public static let maximumPorts = SwitchCore.maximumPorts

  /// A port at which nobody is yet, named for captures; nil when there are too many.
  public func addPort(_ name: String = "") -> Int? {
    let number = counted.withLock { count -> Int? in
      guard count < Self.maximumPorts else { return nil }
      count += 1
      return count - 1
    }
    if number != nil { post { core in core.addPort(name) } }
    return number
  }

  /// Puts somebody at a port: a stream on which each frame has its length before it (4 bytes, big end
  /// first), or a datagram socket. The descriptor becomes the switch's. The stream's end frees the port.
  public func attach(_ port: Int, _ descriptor: DescriptorBox, isDatagram: Bool = false) {
    post { core in
      guard let descriptor = descriptor.take() else { return }
      core.attach(port, descriptor, isDatagram: isDatagram)
    }
  }

  /// Sleeps until all that was said before is done: microseconds. Not for the supervisor.
  public func settle() { ask { _ in } }

  /// Puts a port into VLANs. Their numbers are in `VLANMembership.numbers`.
  public func setVLAN(_ port: Int, _ membership: VLANMembership) {
    post { core in
      core.ports[port].vlan.set(membership)
      core.addresses.forget(port: port)
      if membership != .none { core.hasVLANs = true }
      core.noteWhatIsPlain()
    }
  }

  /// Frees a port now.
  public func detach(_ port: Int) { post { core in core.detach(port) } }

  // MARK: What is cut off

  /// Sets all at once who cannot reach whom: no frame sees half of it.
  public func setBlocked(_ pairs: PairMatrix) {
    ask { core in
      core.setRows(pairs, of: \.blocked)
    }
  }

  /// Sets between whom frames are kept; those that were kept and need not be any more go on.
  public func setHeld(_ pairs: PairMatrix) {
    ask { core in
      core.setRows(pairs, of: \.held)
      core.hasHolds = !pairs.isEmpty
      core.noteWhatIsPlain()
      core.tick()
      core.releaseHeld()
    }
  }

  /// Takes all frames of a port away, or lets them pass again. Carrier is another's to set.
  public func setPlugged(_ port: Int, _ isPlugged: Bool) {
    post { core in
      core.ports[port].isPlugged = isPlugged
      core.isAnyUnplugged = (0..<core.portCount).contains { !core.ports[$0].isPlugged }
      core.noteWhatIsPlain()
    }
  }

  // MARK: Faults

  /// Replaces what befalls frames at these places, at once; an empty stack ends it. The impairments
  /// are without flaw. `seed` is the run's.
  public func setFaults(_ places: [FaultPlace], _ stack: [Impairment], seed: UInt64) {
    ask { core in
      for place in places { core.setFaults(place, stack, seed: seed) }
    }
  }

  /// What befell frames there so far.
  public func counters(of place: FaultPlace) -> FaultCounters {
    ask { core in core.faults(place)?.counters ?? FaultCounters() }
  }

  /// Frames that each impairment which was set there last did something to, also if it was reset.
  public func hits(of place: FaultPlace) -> [UInt64] {
    ask { core in core.faults(place)?.hits ?? [] }
  }

  /// What is set there.
  public func impairments(of place: FaultPlace) -> [Impairment] {
    ask { core in core.faults(place)?.impairments ?? [] }
  }

  // MARK: Capture

  /// Begins a capture, or ends one: then the switch has let go of what is returned.
  @discardableResult public func setCapture(_ capture: CaptureFile?) -> CaptureFile? {
    ask { core in core.setCapture(capture) }
  }

  // MARK: What went through

  public func counters(of port: Int) -> PortCounters {
    ask { core in core.ports[port].counters }
  }

  public func counters(from: Int, to: Int) -> LinkCounters {
    ask { core in core.ports[from].links[to] }
  }

  /// Passes a frame on as if it had come at a port. Errors: none; one that is no frame counts as
  /// invalid there.
  public func inject(_ frame: [UInt8], at port: Int) {
    post { core in
      core.tick()
      // Beyond the shortest frame's end is room to read an address as a number.
      var bytes = frame + [0, 0, 0, 0, 0, 0, 0, 0]
      bytes.withUnsafeMutableBufferPointer { buffer in
        core.take(buffer.baseAddress!, frame.count, from: port, isFramed: false)
      }
      core.closeRun(isLast: true)
      core.flushDirty()
    }
  }

  /// What its thread has cost so far.
  public var processorSeconds: Double {
    ask { _ in
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
  }

  public func add(_ tap: FrameTap) {
    ask { core in
      core.taps.append(tap)
      core.noteWhatIsPlain()
    }
  }

  public func remove(_ tap: FrameTap) {
    post { core in
      core.taps.removeAll { $0 === tap }
      core.noteWhatIsPlain()
    }
  }
}

extension SwitchCore {
  fileprivate func setRows(
    _ pairs: PairMatrix, of row: KeyPath<PortState, UnsafeMutablePointer<UInt64>>
  ) {
    for port in 0..<portCount {
      for word in 0..<PairMatrix.words {
        ports[port][keyPath: row][word] = pairs.word(port, word)
      }
    }
  }
}
