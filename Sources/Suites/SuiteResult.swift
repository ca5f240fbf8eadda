/// How a suite ended.
public struct SuiteResult: Sendable {
  public var passed = 0
  public var failed = 0
  public var flaky = 0
  public var skipped = 0
  /// What was cut off, by its title.
  public var cut: [String] = []
  /// Files that were not started.
  public var unstarted = 0
  public var files = 0
  public var seconds = 0.0
  /// What ended it, "interrupted by SIGINT"; nil if it ran to its end.
  public var ending: String?
  /// Set with `ending` when that was a signal.
  public var signalStatus: Int32?
  public var failFlakes = false
  /// Exit statuses that the failures alone would have.
  private var statuses: Set<Int32> = []

  public var tests: Int { passed + failed + flaky + skipped + cut.count }

  mutating func add(_ file: FileResult) {
    if !file.tests.isEmpty { files += 1 }
    for test in file.tests {
      switch test.outcome {
      case .passed: passed += 1
      case .failed:
        failed += 1
        statuses.insert(test.failures.last?.status ?? 1)
      case .flaky: flaky += 1
      case .skipped: skipped += 1
      case .cut: cut.append(file.title(test))
      }
    }
  }

  /// The program's exit status. Failures of one sort have their own: 2 no script could be parsed, 3
  /// the host lacks something, 124 out of time; others, and a mixture, are 1.
  public var status: Int32 {
    if let signalStatus { return signalStatus }
    if failed > 0 {
      let status = statuses.count == 1 ? statuses.first! : 1
      return [2, 3, 124].contains(status) ? status : 1
    }
    if failFlakes && flaky > 0 { return 1 }
    return tests == 0 ? 2 : 0
  }

  /// "12 passed, 1 failed, 1 flaky".
  public var counts: String {
    let parts = [
      (passed, "passed"), (failed, "failed"), (flaky, "flaky"), (skipped, "skipped"),
      (cut.count, "cut off"),
    ]
    let shown = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return shown.isEmpty ? "no tests" : shown.joined(separator: ", ")
  }
}
