/// What became of a test, over all its tries.
public struct TestResult: Sendable {
  public enum Outcome: Sendable, Equatable {
    case passed, failed
    /// It failed, and passed when it was tried again.
    case flaky
    case skipped(String)
    /// The suite was ended while it ran.
    case cut
  }

  /// Why a try failed.
  public struct Failure: Sendable {
    /// Counted from 1.
    public var attempt: Int
    public var seed: UInt64
    /// Lines for a person.
    public var text: String
    public var status: Int32

    /// Its first line, without the program's name.
    public var headline: String {
      let line = text.prefix { $0 != "\n" }
      return String(line.hasPrefix("vmscript: ") ? line.dropFirst(10) : line)
    }
  }

  /// Nil for the file itself.
  public var name: String?
  public var tags: [String]
  public var outcome: Outcome
  /// Those of its last try.
  public var seconds: Double
  public var failures: [Failure] = []

  /// What became of the tests in all runs of a file, the first run's order first.
  static func merged(_ attempts: [(seed: UInt64, entries: [Attempt.Entry])]) -> [TestResult] {
    var results: [TestResult] = []
    for (index, attempt) in attempts.enumerated() {
      for entry in attempt.entries {
        let known = results.firstIndex { $0.name == entry.name }
        let place = known ?? results.count
        if known == nil {
          results.append(
            TestResult(name: entry.name, tags: entry.tags, outcome: .passed, seconds: 0))
        }
        results[place].seconds = entry.seconds
        switch entry.verdict {
        case .passed: results[place].outcome = results[place].failures.isEmpty ? .passed : .flaky
        case .skipped(let reason): results[place].outcome = .skipped(reason)
        case .cut: results[place].outcome = results[place].failures.isEmpty ? .cut : .failed
        case .failed(let text, let status):
          results[place].outcome = .failed
          results[place].failures.append(
            Failure(attempt: index + 1, seed: attempt.seed, text: text, status: status))
        }
      }
      // What the file itself failed of has not come again.
      if index > 0, let place = results.firstIndex(where: { $0.name == nil }),
        results[place].outcome == .failed, results[place].failures.last?.attempt != index + 1,
        !attempt.entries.contains(where: { if case .cut = $0.verdict { true } else { false } })
      {
        results[place].outcome = .flaky
      }
    }
    return results
  }
}

/// What became of a file.
public struct FileResult: Sendable {
  public var file: TestFile
  /// Counted from 1; nil when files run once.
  public var round: Int?
  public var tests: [TestResult]
  /// All its tries together.
  public var seconds: Double
  /// Of the tries that failed, and of the last.
  public var outputs: [(attempt: Int, output: OutputFile)]
  /// In UTC, as 2026-01-31T23:59:59.
  public var began: String

  /// What it is called, with the number of its run.
  public var title: String { file.path + (round.map { " (run \($0))" } ?? "") }

  public func title(_ test: TestResult) -> String {
    test.name.map { "\(title): \($0)" } ?? title
  }

  public var hasFailed: Bool { tests.contains { $0.outcome == .failed } }
  public var isFlaky: Bool { tests.contains { $0.outcome == .flaky } }
  var isCut: Bool { tests.contains { $0.outcome == .cut } }
}
