import Events
import Glibc
import Processes
import Record

/// A program of the host that a script owns, from its making over all its starts.
@Supervisor public final class HostProcess {
  public nonisolated let specification: ProcessSpecification
  /// Where the logs are: output.log, with standard output and error, and stdout.log.
  public nonisolated let directory: String
  /// What it writes to standard output and error, to be matched as a machine's console is.
  public nonisolated let console: Console
  /// What it writes to standard output, to be read.
  public nonisolated let output: ProcessOutput
  /// What was written to it and not taken yet.
  public nonisolated let outbox = Outbox()
  /// Set when it is gone, with its process group, and all it wrote has been read; cleared at each
  /// start.
  public nonisolated let exited = Event<ProcessExit>()
  public nonisolated let starts = Event<Int>(0)

  /// Those that run.
  public private(set) static var running: [HostProcess] = []

  private var child: Child?
  private var input: ByteStream?
  private var errorTail = OutputTail()
  private var hasFinishedInput = false
  private var isEndAsked = false
  private var sentSignals: Set<Int32> = []
  private var releases: [@Supervisor () -> Void] = []

  /// Its starts take the cables' ends and start nothing: for `vmscript plan`.
  private let isRehearsal: Bool

  /// Not running yet. Makes `directory`; nil is a process that is only rehearsed.
  /// What it writes is told to `timeline`, from whose origin the times in the log are counted.
  public init(
    _ specification: ProcessSpecification, directory: String?, timeline: Timeline
  ) throws(MachineError) {
    if let directory, !Files.makeDirectories(directory) {
      throw .system(.missing, "the log directory '\(directory)' cannot be made", errno)
    }
    self.specification = specification
    isRehearsal = directory == nil
    self.directory = directory ?? Console.nowhere
    let path = { (file: String) in directory.map { "\($0)/\(file)" } ?? Console.nowhere }
    console = try Console(
      path: path("output.log"), origin: timeline.origin,
      lines: ConsoleLines(timeline, "process", specification.name))
    output = try ProcessOutput(
      path: path("stdout.log"), of: "process '\(specification.name)'")
  }

  public nonisolated var name: String { specification.name }
  public var pid: Int32? { child?.pid }
  public var isRunning: Bool { child != nil }
  /// It runs no more, which `exited` says only a moment later.
  public var isEnding: Bool { child?.isEnding ?? false }

  /// Starts it, and returns when the program executes. Takes the cables' ends, and gives them back
  /// at its end. Errors of kinds usage, missing and launch.
  public func start() throws(MachineError) {
    guard child == nil else {
      throw MachineError(.usage, "process '\(name)' is running already")
    }
    try checkDirectory()
    if isRehearsal { return try rehearse() }
    let path = try ProgramFile.find(specification.program, for: name)
    do throws(MachineError) {
      try launch(path)
    } catch {
      release()
      throw error
    }
  }

  private func checkDirectory() throws(MachineError) {
    guard let directory = specification.workingDirectory else { return }
    var status = stat()
    guard stat(directory, &status) == 0 else {
      throw .system(.missing, "process '\(name)': cwd '\(directory)'", errno)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw MachineError(.usage, "process '\(name)': cwd '\(directory)' is no directory")
    }
  }

  private func claimEnds() throws(MachineError) -> [String: DescriptorBox] {
    var descriptors: [String: DescriptorBox] = [:]
    for end in specification.ends {
      descriptors[end.label] = try end.claim(for: name, end.kind ?? .bytes, as: "process")
      releases.append { end.release() }
    }
    return descriptors
  }

  private func rehearse() throws(MachineError) {
    do throws(MachineError) {
      _ = try claimEnds()
    } catch {
      release()
      throw error
    }
    output.begin()
    outbox.reset(refusal: nil)
    starts.set((starts.value ?? 0) + 1)
  }

  private func launch(_ path: String) throws(MachineError) {
    var descriptors = try claimEnds()
    do throws(ProcessError) {
      let (output, outputWriter) = try Descriptor.pipe().split()
      let (error, errorWriter) = try Descriptor.pipe().split()
      descriptors["standard output"] = outputWriter
      descriptors["standard error"] = errorWriter
      for pipe in [output, error] {
        _ = try pipe.use { pipe throws(ProcessError) in try pipe.setNonblocking() }
      }
      var command = Command(name: name, executable: path, arguments: specification.words)
      command.zeroth = specification.program
      command.environment = specification.environment
      command.workingDirectory = specification.workingDirectory
      command.standardOutput = .descriptor("standard output")
      command.standardError = .descriptor("standard error")
      let writer = try inputPipe(&command, &descriptors)
      begin(try Launcher.launch(command, descriptors: descriptors), output, error, writer)
    } catch {
      throw MachineError(error.kind == .missing ? .missing : .launch, error.message)
    }
  }

  private func inputPipe(
    _ command: inout Command, _ descriptors: inout [String: DescriptorBox]
  ) throws(ProcessError) -> DescriptorBox? {
    if case .none = specification.input { return nil }
    let (reader, writer) = try Descriptor.pipe().split()
    _ = try writer.use { pipe throws(ProcessError) in try pipe.setNonblocking() }
    descriptors["standard input"] = reader
    command.standardInput = .descriptor("standard input")
    return writer
  }

  private func begin(
    _ child: Child, _ output: DescriptorBox, _ error: DescriptorBox, _ writer: DescriptorBox?
  ) {
    exited.clear()
    self.child = child
    errorTail = OutputTail()
    hasFinishedInput = false
    isEndAsked = false
    sentSignals = []
    self.output.begin()
    console.attach([output, error]) { [weak self] index, bytes in
      if index == 0 { self?.output.append(bytes) } else { self?.errorTail.append(bytes) }
    }
    beginInput(writer)
    Self.running.append(self)
    starts.set((starts.value ?? 0) + 1)
    Task { @Supervisor in
      if let status = await child.exited.wait() { self.finish(status) }
    }
  }

  private func beginInput(_ writer: DescriptorBox?) {
    guard let writer else {
      outbox.reset(refusal: closed("was given none (stdin = false)"))
      return
    }
    outbox.reset()
    let stream = ByteStream(writer.take()!)
    // Nothing comes from there but the news that the reader has closed it.
    stream.isReading = false
    stream.onSent = { [weak self] count in self?.outbox.took(count) }
    stream.onLost = { [weak self] count in self?.outbox.lose(count) }
    stream.onEnd = { [weak self] in
      guard let self else { return }
      let why = hasFinishedInput ? "was told that nothing more comes" : "has closed it"
      outbox.reset(refusal: closed(why))
    }
    input = stream
    if case .bytes(let bytes) = specification.input {
      stream.send(bytes)
      finishInput()
    }
  }

  private func closed(_ why: String) -> MachineError {
    MachineError(.connection, "process '\(name)' takes no standard input: it \(why)")
  }

  private func finish(_ status: ExitStatus) {
    console.finish()
    output.end()
    input?.close()
    input = nil
    outbox.reset(refusal: closed("has ended"))
    child = nil
    Self.running.removeAll { $0 === self }
    release()
    var isAsked = isEndAsked
    switch status {
    case .signalled(let number): isAsked = isAsked || sentSignals.contains(number)
    case .exited:
      // One that catches such a signal ends with a status of its own.
      isAsked = isAsked || !sentSignals.isDisjoint(with: [SIGTERM, SIGINT, SIGQUIT])
    }
    exited.set(ProcessExit(status, isAsked: isAsked, standardError: errorTail.text))
  }

  private func release() {
    for release in releases.reversed() { release() }
    releases = []
  }

  // MARK: What scripts do with it

  /// Queues bytes for its standard input; false when too many wait already. Errors of kind
  /// connection when it takes none.
  public func write(_ bytes: [UInt8]) throws(MachineError) -> Bool {
    guard try outbox.admit(bytes.count) else { return false }
    input?.send(bytes)
    return true
  }

  /// Nothing more is written: it sees the end of its input behind what was written.
  public func finishInput() {
    guard let input, !hasFinishedInput else { return }
    hasFinishedInput = true
    outbox.refuse(closed("was told that nothing more comes"))
    input.finishSending()
  }

  /// Sends a signal to the process itself, not to those it has started. Nothing if it is gone.
  public func signal(_ number: Int32) {
    sentSignals.insert(number)
    child?.signalLeader(number)
  }

  /// Stops it and those in its group, or lets them go on; for when the run itself is stopped.
  public func freeze() { child?.signal(SIGSTOP) }
  public func thaw() { child?.signal(SIGCONT) }

  /// SIGTERM to its group, SIGKILL after `grace` seconds; returns when it is gone. An end that is
  /// asked for.
  public func stop(grace: Double) async {
    guard let child else { return }
    isEndAsked = true
    await child.stop(StopLadder(terminateGrace: grace))
    _ = await exited.wait()
  }
}
