import CProcess
import Events
import Glibc

/// A child process of the run, owned from fork to reaping.
@Supervisor public final class Child {
  /// What messages call it.
  public nonisolated let name: String
  /// The machine that it serves, if any.
  public nonisolated let machine: String?
  public nonisolated let pid: Int32
  /// Program and arguments as the child got them.
  public nonisolated let commandLine: [String]
  /// Set when the child is gone, its whole process group killed, and it has been reaped.
  public nonisolated let exited = Event<ExitStatus>()

  /// What kill(2) takes: the group, or the child alone if it shares the run's group.
  private let target: Int32
  private let tail: OutputTail
  private let drains: [OutputDrain]
  /// A pidfd, or what stands for one; readable when the child has ended.
  private let notice: DescriptorBox
  private var watch: Watch?

  init(
    _ command: Command, line: [String], pid: Int32, notice: consuming Descriptor,
    tail: OutputTail, drains: [OutputDrain]
  ) {
    name = command.name
    machine = command.machine
    commandLine = line
    self.pid = pid
    target = command.hasOwnGroup ? -pid : pid
    self.notice = DescriptorBox(notice)
    self.tail = tail
    self.drains = drains
    Guardian.add(target)
    for drain in drains { drain.start() }
    watch = Watch(self.notice.number) { [weak self] _ in self?.reap() }
  }

  /// The last 64 KiB of its standard error (and output, when captured); U+FFFD stands for what is
  /// not UTF-8. Complete once `exited` is set.
  public var errorOutput: String { tail.text }

  /// Sends a signal to the child's process group; nothing if it is gone.
  public func signal(_ number: Int32) {
    // Until it is reaped, its pid and group belong to nobody else.
    if exited.value == nil { kill(target, number) }
  }

  /// Sends a signal to the child alone; nothing if it is gone.
  public func signalLeader(_ number: Int32) {
    if exited.value == nil { kill(pid, number) }
  }

  /// Ends the child by the rungs of `ladder` and returns when it has been reaped; a rung without
  /// grace is skipped.
  public func stop(_ ladder: StopLadder = .standard) async {
    if exited.value != nil { return }
    if let request = ladder.request, ladder.requestGrace > 0 {
      request()
      if await exited.wait(until: .after(ladder.requestGrace)) != nil { return }
    }
    if ladder.terminateGrace > 0 {
      terminate()
      if await exited.wait(until: .after(ladder.terminateGrace)) != nil { return }
    }
    signal(SIGKILL)
    _ = await exited.wait()
  }

  /// SIGTERM, which one that is stopped sees only when it goes on.
  func terminate() {
    signal(SIGTERM)
    signal(SIGCONT)
  }

  private func reap() {
    guard exited.value == nil else { return }
    // While its leader is unreaped the group cannot be another's. The guardian forgets it before
    // that ends: it must never kill one that only has the same number.
    if target < 0 { kill(target, SIGKILL) }
    for drain in drains { drain.finish() }
    Guardian.remove(target)
    let code = process_reap(pid)
    watch?.cancel()
    notice.close()
    Launcher.forget(self)
    let status = ExitStatus(reaped: code)
    Launcher.witness?.ended(self, status)
    exited.set(status)
  }
}
