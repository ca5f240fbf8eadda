import Events
import Glibc
import Processes
import Record

/// Runs files of tests side by side, each in a process of its own, and tells a feed what becomes of
/// them. Everything that runs ends with this process, however that ends.
@Supervisor public final class Suite {
  private let files: [TestFile]
  private let options: SuiteOptions
  private let feed: SuiteFeed
  private let record = RunRecord(scriptName: "test")
  private let started = Instant.now
  private var result = SuiteResult()
  private var running: [FileTrial] = []
  private var count = 0
  private var ending: String?
  private var signals = 0
  private var outputWatch: Watch?

  private init(_ files: [TestFile], _ options: SuiteOptions, _ feed: SuiteFeed) {
    self.files = files
    self.options = options
    self.feed = feed
    result.failFlakes = options.failFlakes
  }

  /// Starts a suite of those files that may have tests which are wanted; its events come to the feed,
  /// the last of them is `done`. Returns how
  /// many there are, and fails if there are none.
  public nonisolated static func start(
    _ files: [TestFile], _ options: SuiteOptions, _ feed: SuiteFeed
  ) throws(SuiteError) -> Int {
    let wanted = files.filter { $0.mayHave(options.selection) }
    if wanted.isEmpty {
      throw SuiteError(
        files.isEmpty
          ? "this shard has no files: there are fewer files than shards"
          : "none of the tests in \(files.count) files is wanted by --filter, --case and --tags")
    }
    Supervisor.sync {
      let suite = Suite(wanted, options, feed)
      do throws(ProcessError) {
        try Signals.install { signal in suite.handle(signal) }
      } catch {
        suite.stop("signals cannot be caught: \(error.message)")
      }
      Signals.add(.window)
      suite.watchOutput()
      suite.advance()
    }
    return wanted.count
  }

  /// Ends it as an interrupt does: nobody reads what it says any more.
  public nonisolated static func abandon(_ status: Int32) -> Never {
    Supervisor.wait { await Launcher.stopAll(grace: FileRun.patience) }
    finish()
    Glibc.exit(status)
  }

  /// Removes what the reports were made from; to be called when they are written.
  public nonisolated static func finish() {
    Supervisor.sync {
      VolatileDirectory.removeAll()
      Guardian.dismiss()
    }
  }

  /// How many files are to be run in all; nil for no end.
  private var total: Int? { options.rounds.map { $0 * files.count } }

  private func advance() {
    while running.count < options.jobs, ending == nil, count < total ?? .max {
      let round = count / files.count
      let trial = FileTrial(
        files[count % files.count], id: count, round: options.rounds == 1 ? nil : round + 1,
        seed: options.seed &+ UInt64(round), records: try? record.directory(), options
      ) { [feed] trial in
        feed.post(.changed(trial.shown))
      } onEnd: { [weak self] trial, result in
        self?.finish(trial, result)
      }
      count += 1
      running.append(trial)
      feed.post(.began(trial.shown))
    }
    if running.isEmpty { end() }
  }

  private func finish(_ trial: FileTrial, _ file: FileResult) {
    running.removeAll { $0 === trial }
    result.add(file)
    feed.post(.ended(trial.shown, file))
    if options.failFast, ending == nil,
      file.hasFailed || (options.failFlakes && file.isFlaky)
    {
      stop("\(file.title) has failed")
      for other in running { other.cut(by: SIGTERM) }
    }
    advance()
  }

  private func stop(_ reason: String) {
    ending = reason
    feed.post(.stopping(reason))
  }

  private func end() {
    result.seconds = Instant.now.seconds(since: started)
    result.ending = ending
    result.unstarted = ending == nil ? 0 : max(0, (total ?? count) - count)
    removeEmptyRecord()
    feed.post(.done(result))
  }

  /// Nothing failed of which there would be logs.
  private func removeEmptyRecord() {
    guard let path = record.path, Folder.names(in: path) == ["lock"] else { return }
    try? Folder.remove(path)
  }

  // MARK: Signals

  /// That nobody reads a pipe any more is found out at once, and not when there is something to say.
  private func watchOutput() {
    var status = stat()
    // Of files and terminals epoll says nothing of the kind, or refuses them.
    guard fstat(1, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
    outputWatch = Watch(1, for: []) { [weak self] _ in
      guard let self else { return }
      outputWatch?.cancel()
      guard ending == nil else { return }
      result.signalStatus = 128 + SIGPIPE
      stop("nobody reads standard output any more")
      for trial in running { trial.cut(by: SIGTERM) }
    }
  }

  private func handle(_ signal: Signal) {
    switch signal {
    case .window: feed.post(.resized)
    case .stop: pause()
    // A write that fails says the same.
    case .pipe, .resume, .user1, .user2: break
    case .interrupt, .terminate, .hangup, .quit: interrupt(by: signal)
    }
  }

  private func interrupt(by signal: Signal) {
    signals += 1
    if result.signalStatus == nil {
      result.signalStatus = signal == .interrupt ? 130 : 128 + signal.number
      stop("interrupted by \(signal.name)")
    }
    for trial in running { trial.cut(by: signal.number) }
    // Whoever shows the suite may be held up by a pipe that nobody reads.
    if signals > 2 || (signals > 1 && running.isEmpty) { _exit(result.signalStatus ?? 130) }
  }

  /// Ctrl-Z: runs of files are in groups of their own, and stop their machines.
  private func pause() {
    feed.post(.suspending)
    // The live view leaves the terminal.
    Timer(at: .after(0.1)) { [self] in
      for trial in running { trial.pass(SIGTSTP) }
      Signals.stopSelf()
      for trial in running { trial.pass(SIGCONT) }
      feed.post(.resumed)
    }
  }
}
