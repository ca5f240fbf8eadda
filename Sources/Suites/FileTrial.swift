import Events
import Glibc
import Processes

/// A file and its run, and the runs in which what failed is tried again.
@Supervisor final class FileTrial {
  let file: TestFile
  private(set) var shown: RunningFile
  private let round: Int?
  private let options: SuiteOptions
  private let records: String?
  private let seed: UInt64
  private let began = FileTrial.timestamp()
  private let started = Instant.now
  private var run: FileRun?
  private var attempts: [(seed: UInt64, entries: [Attempt.Entry])] = []
  private var outputs: [(attempt: Int, output: OutputFile)] = []
  private var isCut = false
  private let onChange: @Supervisor (FileTrial) -> Void
  private let onEnd: @Supervisor (FileTrial, FileResult) -> Void

  init(
    _ file: TestFile, id: Int, round: Int?, seed: UInt64, records: String?,
    _ options: SuiteOptions, onChange: @escaping @Supervisor (FileTrial) -> Void,
    onEnd: @escaping @Supervisor (FileTrial, FileResult) -> Void
  ) {
    self.file = file
    self.round = round
    self.seed = seed
    self.records = records
    self.options = options
    self.onChange = onChange
    self.onEnd = onEnd
    let title = file.path + (round.map { " (run \($0))" } ?? "")
    shown = RunningFile(id: id, title: title, since: started)
    begin(options.selection)
  }

  private func begin(_ selection: Selection) {
    shown.attempt = attempts.count + 1
    shown.test = nil
    shown.waits = []
    let seed = seed &+ UInt64(attempts.count)
    run = FileRun(file, selection, seed: seed, records: records, options) { [weak self] in
      self?.look()
    } onEnd: { [weak self] entries in
      self?.finish(entries, seed)
    }
  }

  private func look() {
    guard let run else { return }
    let (test, waits) = (run.attempt.openTest, run.waits)
    guard test != shown.test || waits != shown.waits else { return }
    shown.test = test
    shown.waits = waits
    onChange(self)
  }

  func cut(by signal: Int32) {
    isCut = true
    run?.cut(by: signal)
  }

  func pass(_ signal: Int32) { run?.pass(signal) }

  private func finish(_ entries: [Attempt.Entry], _ seed: UInt64) {
    attempts.append((seed, entries))
    let failed = entries.filter { if case .failed = $0.verdict { true } else { false } }
    let mayRetry = !failed.isEmpty && attempts.count <= options.retries && !isCut
    if let output = run?.attempt.output, !failed.isEmpty || !mayRetry {
      outputs.append((attempts.count, output))
    }
    if failed.isEmpty, !isCut, let record = run?.attempt.record {
      // Quick as long as it is small; a file that passed leaves a few logs.
      LockedDirectory.removeIfDead(record)
    }
    run = nil
    guard mayRetry else { return end() }
    // What else failed of the file itself needs the whole of it.
    var selection = options.selection
    let names = failed.compactMap(\.name)
    if names.count == failed.count { selection.names = names }
    begin(selection)
    onChange(self)
  }

  private func end() {
    onEnd(
      self,
      FileResult(
        file: file, round: round, tests: TestResult.merged(attempts),
        seconds: Instant.now.seconds(since: started), outputs: outputs, began: began))
  }

  private nonisolated static func timestamp() -> String {
    var (now, parts) = (time(nil), tm())
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
