import Events
import Glibc
import Processes

/// A process that runs a file for a suite.
@Supervisor final class FileRun {
  private(set) var attempt: Attempt
  private(set) var waits: [String] = []
  private let started = Instant.now
  private var child: Child?
  private var channel: DescriptorBox?
  private var watch: Watch?
  private var received: [UInt8] = []
  private let limit: Double?
  private var isCut = false
  private var isLate = false
  private let onChange: @Supervisor () -> Void
  private let onEnd: @Supervisor ([Attempt.Entry]) -> Void
  private let isFileWanted: Bool

  /// Seconds that a run has to end by itself, when it was told to, or its time is over: its handlers
  /// have 5, and taking everything down 20.
  static let patience = 30.0

  /// A notice is a report at the longest.
  private static let noticeLimit = 16 << 20

  /// Starts it. A process that cannot be had is a failure of the file.
  init(
    _ file: TestFile, _ selection: Selection, seed: UInt64, records: String?,
    _ options: SuiteOptions, onChange: @escaping @Supervisor () -> Void,
    onEnd: @escaping @Supervisor ([Attempt.Entry]) -> Void
  ) {
    attempt = Attempt(seed: seed)
    limit = options.timeout
    isFileWanted = selection.includes(file: file.path, name: nil, tags: [])
    self.onChange = onChange
    self.onEnd = onEnd
    var command = Command(name: file.path, executable: options.program)
    command.zeroth = "vmscript"
    command.arguments =
      ["run", "--suite", FileOrder.argument(file: file.path, selection, records: records)]
      + (["--seed", "\(seed)"] + (limit.map { ["--timeout", number($0)] } ?? [])
      + options.runOptions + [file.path.hasPrefix("-") ? "./\(file.path)" : file.path])
      .map { Argument($0) }
    command.standardOutput = .descriptor("output")
    command.standardError = .descriptor("output")
    do throws(ProcessError) {
      try launch(command)
    } catch {
      let text = "vmscript: \(file.path) could not be run: \(error.message)"
      let entry = Attempt.Entry(
        verdict: .failed(text, status: error.kind == .missing ? 3 : 1), seconds: 0)
      Supervisor.post { onEnd([entry]) }
    }
  }

  private func launch(_ command: Command) throws(ProcessError) {
    let path = try VolatileDirectory.ofRun(.disk).freshPath("output")
    let output = DescriptorBox(
      try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600))
    attempt.output = OutputFile(path)
    let (ours, theirs) = try Descriptor.pair().split()
    _ = try ours.use { end throws(ProcessError) in try end.setNonblocking() }
    let child = try Launcher.launch(
      command, descriptors: ["notices": theirs, "output": output])
    self.child = child
    channel = ours
    watch = Watch(ours.number) { [weak self] _ in self?.read() }
    Task { @Supervisor [self] in
      let status = await child.exited.wait()
      finish(status ?? .exited(code: 1))
    }
    if let limit {
      Timer(at: .after(limit + Self.patience)) { [weak self] in
        self?.isLate = true
        self?.child?.signal(SIGKILL)
      }
    }
  }

  // MARK: Notices

  private func read() {
    guard let channel else { return }
    while true {
      let more =
        (try? channel.use { end throws(ProcessError) in try end.read(upTo: 1 << 16) }) ?? []
      guard let more else { break }
      if more.isEmpty { return close() }
      received += more
      if received.count > Self.noticeLimit { return close() }
    }
    deliver()
  }

  private func deliver() {
    guard let last = received.lastIndex(of: UInt8(ascii: "\n")) else { return }
    for line in received[...last].split(separator: UInt8(ascii: "\n")) {
      guard let notice = Notice(line: line) else { continue }
      attempt.take(notice, at: Instant.now.seconds(since: started))
      if case .waits(let purposes) = notice { waits = purposes }
    }
    received.removeFirst(last + 1)
    onChange()
  }

  private func close() {
    deliver()
    watch?.cancel()
    watch = nil
    channel?.close()
    channel = nil
  }

  // MARK: The end

  /// Tells it to end, as a signal to the suite does; a second time it does not wait for the script.
  func cut(by signal: Int32) {
    if !isCut {
      Timer(at: .after(Self.patience)) { [weak self] in self?.child?.signal(SIGKILL) }
    }
    isCut = true
    child?.signalLeader(signal)
  }

  /// Stops it or lets it go on; it does the same to its machines.
  func pass(_ signal: Int32) { child?.signalLeader(signal) }

  private func finish(_ status: ExitStatus) {
    read()
    close()
    attempt.seconds = Instant.now.seconds(since: started)
    let isOutOfTime = isLate || status == .exited(code: 124)
    onEnd(
      attempt.entries(
        status, isCut: isCut && status != .exited(code: 0), limit: isOutOfTime ? limit : nil,
        isFileWanted: isFileWanted))
  }
}
