import Events
import Glibc
import Processes
import Record

/// One machine: QEMU and its helpers, from its making over all its boots.
@Supervisor public final class Machine {
  public nonisolated let name: String
  public nonisolated let host: HostCapabilities
  public nonisolated let console: Console
  /// When its boots came how far.
  public nonisolated let timing: MachineTiming
  /// Where the logs are: console.log, console.times, qemu.log, swtpm.log.
  public nonisolated let directory: String
  /// Where QEMU keeps the changes of throw-away disks, in files that it unlinks as soon as it has
  /// made them; one killed in between leaves one, which goes with this directory. nil: $TMPDIR.
  public nonisolated let temporaryDirectory: String?
  /// Set when QEMU has answered on QMP; cleared at each start.
  public nonisolated let connected = Event<Bool>()
  /// Set when QEMU is gone, all it said has been read and its resources are free; cleared at each
  /// start.
  public nonisolated let exited = Event<MachineExit>()
  /// Set when the machine lives and is of no use: paused by an I/O error, its TPM gone, one of its
  /// ports with another process, its guest panicked and reset, a forbidden text on its console.
  /// Cleared at each start.
  public nonisolated let failure = Event<MachineError>()
  /// Boots so far: starts, and the guest's reboots where they are allowed.
  public nonisolated let bootCount = Event<Int>(0)

  public internal(set) var specification: MachineSpecification
  /// The host's ends of the specification's agent ports, in order, fresh at each start.
  public internal(set) var agentChannels: [DescriptorBox] = []
  public internal(set) var isRunning = false
  /// Its clocks stand, by QMP's word.
  public internal(set) var isPaused = false
  /// QEMU itself was stopped.
  public internal(set) var isFrozen = false
  /// Its starts take all that they need, and start nothing: for `vmscript plan`.
  public nonisolated let isRehearsal: Bool
  /// What QEMU and its helpers would have been given.
  var rehearsed: [String: DescriptorBox] = [:]

  // The rest belongs to this file's neighbours: Machine+Start, +End and +Control.
  let timeline: Timeline?
  var qemu: Child?
  var swtpm: Child?
  var shareServers: [ShareServer] = []
  var qmp: QMP?
  var serialRelay: ByteStream?
  /// Gives back what the start took, last things first.
  var releases: [@Supervisor () -> Void] = []
  var isEndAsked = false
  var areStopsAsked = false
  var areRebootsAllowed: Bool
  /// The guest's boot loader may still reset the machine, and how often it has.
  var isInBootLoader = false
  var loaderResets = 0
  /// What QMP said of the end.
  var shutdownReason: String?
  var hasGuestPanicked = false
  var swtpmError: MachineError?
  /// Set to true when QMP answers, to false when the machine has ended before or after that.
  let settled = Event<Bool>()
  /// Set at each reset of the guest to the boot it begins, and to 0 at the end.
  let resets = Event<Int>()
  /// A reset is under way that vmscript asked for.
  var isResetting = false
  /// The present boot was begun again for want of a timer, how often, and until when that reset lasts.
  var isBootingAgain = false
  var timerlessBoots = 0
  var bootsAgain: Event<Bool>?
  /// When the guest was last reset.
  var lastReset: Instant?
  var handlers: [UInt64: @Supervisor (QMPEvent) -> Void] = [:]
  var lastHandler: UInt64 = 0
  private var failureNotice: Subscription?

  /// A machine that is not running yet. Makes `directory`, for its logs, which stays the caller's; nil
  /// is a machine that is only rehearsed, and writes nothing.
  /// What happens to it is told to `timeline`, from whose origin the console's times are counted. Finds
  /// what cannot work without starting anything: errors of kind usage and missing.
  public init(
    _ specification: MachineSpecification, host: HostCapabilities, directory: String?,
    temporaryDirectory: String? = nil, timeline: Timeline? = nil
  ) throws(MachineError) {
    try specification.validate()
    if let directory, !Files.makeDirectories(directory) {
      throw .system(.missing, "the log directory '\(directory)' cannot be made", errno)
    }
    self.specification = specification
    self.host = host
    isRehearsal = directory == nil
    self.directory = directory ?? Console.nowhere
    self.temporaryDirectory = temporaryDirectory
    name = specification.name
    areRebootsAllowed = specification.allowsReboot
    self.timeline = timeline
    timing = MachineTiming(of: name, timeline)
    console = try Console(
      path: directory.map { $0 + "/console.log" } ?? Console.nowhere,
      origin: timeline?.origin ?? .now,
      lines: timeline.map { ConsoleLines($0, "machine", specification.name) })
    console.onBoot = { [timing] phase in timing.reach(phase, from: .console) }
    console.forbid(specification.forbidden) { [weak self] in self?.showedForbidden($0, line: $1) }
    if timeline != nil {
      failureNotice = failure.subscribe { [timing, weak failure] in
        failure?.value.map { timing.tellFailure($0.message) }
      }
    }
  }

  /// QEMU's arguments, the same before the start and after; descriptors stand by name.
  public var arguments: [Argument] { ArgumentBuilder.arguments(for: specification, host: host) }

  /// What is started beside QEMU, in that order: swtpm, and a virtiofsd for each share.
  public var helperCommands: [Command] {
    let servers = specification.shares.compactMap { share in
      share.driver == .virtiofs ? share.server?.command(for: share, log: Console.nowhere) : nil
    }
    return (specification.tpm.map { [$0.command] } ?? []) + servers
  }

  /// A line for a shell that starts such a machine without this program.
  public var standaloneCommand: String { StandaloneCommand.line(specification, host: host) }

  /// QEMU runs no more, which `exited` says only a moment later.
  public var isEnding: Bool { qemu?.isEnding ?? true }

  /// The command that runs, or ran last, as it was executed; nil before the first start.
  public var commandLine: [String]? { lastCommandLine }
  var lastCommandLine: [String]?

  public var pid: Int32? { isRunning ? qemu?.pid : nil }

  /// Calls `handler` at each QMP event, over all boots, until the subscription is cancelled.
  public func onEvent(_ handler: @escaping @Supervisor (QMPEvent) -> Void) -> Subscription {
    lastHandler += 1
    let id = lastHandler
    handlers[id] = handler
    return Subscription { [weak self] in
      Supervisor.post { self?.handlers[id] = nil }
    }
  }
}
