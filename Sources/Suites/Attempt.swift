import Processes

/// One run of a file, as far as it has come.
public struct Attempt: Sendable {
  /// What became of a test in it.
  enum Verdict: Sendable {
    case passed
    case failed(String, status: Int32)
    case skipped(String)
    /// It was ended with the suite.
    case cut
  }

  struct Entry: Sendable {
    /// Nil for the file itself.
    var name: String?
    var tags: [String] = []
    var verdict: Verdict
    var seconds: Double
  }

  public var seed: UInt64
  public var seconds = 0.0
  public var output: OutputFile?
  /// The directory of its logs.
  var record: String?
  private var ended: [Entry] = []
  private var open: (name: String, tags: [String], since: Double)?
  private var isFileEnded = false
  private var report: String?
  private var skipped: String?
  private var tests = 0

  init(seed: UInt64) { self.seed = seed }

  /// The test that runs.
  public var openTest: String? { open?.name }

  mutating func take(_ notice: Notice, at seconds: Double) {
    switch notice {
    case .began(let name, let tags): open = (name, tags, seconds)
    case .ended(let name, let seconds, let status, let report, let skipped):
      let verdict: Verdict =
        report.map { .failed($0, status: status) } ?? skipped.map { .skipped($0) } ?? .passed
      ended.append(
        Entry(name: name, tags: open?.tags ?? [], verdict: verdict, seconds: seconds))
      open = nil
    case .waits: break
    case .fileEnded(_, let report, let skipped, let tests, let record):
      isFileEnded = true
      self.report = report
      self.skipped = skipped
      self.tests = tests
      self.record = record
    }
  }

  /// What became of each test, now that the run has ended so. `isCut`: the suite ended it.
  /// `limit`: the seconds it was allowed, if they have passed.
  func entries(
    _ status: ExitStatus, isCut: Bool, limit: Double?, isFileWanted: Bool
  ) -> [Entry] {
    var entries = ended
    let hasFailed = entries.contains { if case .failed = $0.verdict { true } else { false } }
    let code: Int32 = if case .exited(let code) = status { code } else { -1 }
    let what =
      switch status {
      case _ where limit != nil:
        "out of time: the file may take \(number(limit!)) s (--timeout)"
      case .exited(let code): "the script ended with status \(code)"
      case .signalled(let number): "the script's process was ended by signal \(number)"
      }
    let failure = Verdict.failed(report ?? "vmscript: \(what)", status: code < 0 ? 1 : code)
    if let open {
      let verdict = isCut ? .cut : code == 0 && isFileEnded ? endedInside : failure
      entries.append(
        Entry(
          name: open.name, tags: open.tags, verdict: verdict, seconds: seconds - open.since))
    } else if isCut {
      entries.append(Entry(verdict: .cut, seconds: seconds))
    } else if report != nil || code != 0 && !hasFailed {
      entries.append(Entry(verdict: failure, seconds: seconds))
    } else if let skipped {
      entries.append(Entry(verdict: .skipped(skipped), seconds: seconds))
    } else if tests == 0 && isFileWanted {
      entries.append(Entry(verdict: .passed, seconds: seconds))
    }
    return entries
  }

  /// `os.exit(0)` in a test.
  private var endedInside: Verdict {
    .failed("vmscript: the test ended the script, with status 0", status: 1)
  }
}

/// Without a fraction that is zero.
func number(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
}
