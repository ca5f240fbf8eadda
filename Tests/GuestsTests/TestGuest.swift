import Events
import Glibc
import Guests
import Processes

/// The default guest in a QEMU under TCG, as a test wants it.
final class TestGuest: Sendable {
  enum Machine: String, CaseIterable { case microvm, q35 }

  let client: AgentClient
  let qemu: Child
  let started = Instant.now
  let console: String

  init(
    _ machine: Machine = .microvm, reboots: Bool = false, words: String = "",
    arguments extra: [Argument] = [], image: GuestImage? = nil
  ) throws {
    let image = try image ?? GuestImage.prepare { print("guest:", $0) }
    let isPCI = machine == .q35
    let bus = isPCI ? "pci" : "device"
    console = "/tmp/vmscript-test-console-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let line = GuestImage.commandLine(console: isPCI ? "ttyS0" : "hvc0", name: "tester")
    var command = Command(name: "qemu", executable: "qemu-system-x86_64")
    command.arguments = [
      "-M", isPCI ? "q35" : "microvm,x-option-roms=off", "-accel", "tcg", "-cpu", "max",
      "-m", "256", "-nodefaults", "-no-user-config", "-nographic",
      "-kernel", Argument(image.kernel), "-initrd", Argument(image.initramfs),
      "-append", "\(line) tsc_early_khz=\(Self.kilohertz) \(words)",
      "-device", "virtio-serial-\(bus),max_ports=16",
      "-chardev", "file,id=con0,path=\(console)",
      "-device", isPCI ? "isa-serial,chardev=con0" : "virtconsole,chardev=con0",
      "-chardev", "socket,id=agent,fd=\(descriptor: "agent")",
      "-device", "virtserialport,chardev=agent,name=org.vmscript.agent",
      "-device", "virtio-rng-\(bus)",
    ]
    if !reboots { command.arguments.append("-no-reboot") }
    command.arguments += extra
    (client, qemu) = try Supervisor.sync { [command] in
      let (ours, theirs) = try Descriptor.pair().split()
      let child = try Launcher.launch(command, descriptors: ["agent": theirs])
      return (AgentClient(ours), child)
    }
  }

  deinit {
    let qemu = qemu
    Supervisor.post { qemu.signal(SIGKILL) }
    unlink(console)
  }

  static let shared = Result { try TestGuest() }

  /// The host's TSC by its own measure: the guest's kernel has trouble to find it on a busy host.
  private static let kilohertz: Int = {
    let text = (try? readText("/proc/cpuinfo")) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("cpu MHz") }
    return Int((Double(line?.split(separator: " ").last ?? "") ?? 2000) * 1000)
  }()

  static func readText(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw ProcessError.system("open", errno) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  struct NoAnswer: Error {}

  func ready(_ seconds: Double = 60) throws -> AgentReady {
    guard let ready = client.ready.block(until: .after(seconds)) else { throw NoAnswer() }
    return ready
  }

  func start(_ request: ExecRequest) -> GuestProcess {
    Supervisor.sync { self.client.exec(request) }
  }

  func result(_ process: GuestProcess, _ seconds: Double = 60) throws -> ExecResult {
    guard let result = process.exited.block(until: .after(seconds)) else { throw NoAnswer() }
    return try result.get()
  }

  func run(_ request: ExecRequest) throws -> ExecResult { try result(start(request)) }

  @discardableResult func sh(_ command: String) throws -> ExecResult { try run(.shell(command)) }

  /// The standard output as text.
  func text(_ command: String) throws -> String {
    String(decoding: try sh(command).standardOutput, as: UTF8.self)
  }

  func answer<Value: Sendable>(
    _ seconds: Double = 60,
    _ ask:
      @escaping @Supervisor @Sendable (AgentClient) -> Event<
        Result<Value, AgentError>
      >
  ) throws -> Value {
    let event = Supervisor.sync { ask(self.client) }
    guard let answer = event.block(until: .after(seconds)) else { throw NoAnswer() }
    return try answer.get()
  }
}
