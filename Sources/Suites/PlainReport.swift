import Machines

/// Lines for a person, or the log of a CI server.
public struct PlainReport: SuiteReport {
  private let options: SuiteOptions
  private let isColoured: Bool
  private let isVerbose: Bool

  /// `isVerbose`: the output of files that passed is shown too.
  public init(_ options: SuiteOptions, isColoured: Bool, isVerbose: Bool) {
    self.options = options
    self.isColoured = isColoured
    self.isVerbose = isVerbose
  }

  public func begin() -> [ReportPiece] { [] }

  public func add(_ file: FileResult) -> [ReportPiece] {
    var text = ""
    for test in file.tests { text += line(file, test) }
    var pieces = [ReportPiece.text(text)]
    for (attempt, output) in file.outputs where !output.isEmpty {
      let hasFailed = file.tests.contains { $0.failures.contains { $0.attempt == attempt } }
      guard isVerbose || hasFailed || file.isCut else { continue }
      let number = attempt > 1 || file.outputs.count > 1 ? ", try \(attempt)" : ""
      pieces += [
        .text("  output of \(Self.safe(file.title))\(number):\n"),
        .output(output, indent: "    │ "),
      ]
    }
    return pieces
  }

  private func line(_ file: FileResult, _ test: TestResult) -> String {
    let (word, colour) =
      switch test.outcome {
      case .passed: ("ok", 32)
      case .failed: ("FAILED", 31)
      case .flaky: ("flaky", 33)
      case .skipped: ("skipped", 36)
      case .cut: ("cut off", 33)
      }
    let pad = String(repeating: " ", count: 8 - word.count)
    let mark = isColoured ? "\u{1b}[\(colour)m\(word)\u{1b}[0m" : word
    var text = "\(mark)\(pad)\(Self.safe(file.title(test)))"
    if case .skipped(let reason) = test.outcome { text += ": " + Self.safe(reason) }
    text += " (\(ReportText.seconds(test.seconds, digits: 2)) s)\n"
    for failure in test.failures {
      if file.isFlaky || options.retries > 0 { text += "  try \(failure.attempt):\n" }
      for line in failure.text.split(separator: "\n", omittingEmptySubsequences: false) {
        text += "  " + Self.safe(String(line)) + "\n"
      }
      text += "  again: \(Self.again(file, test, seed: failure.seed, options))\n"
    }
    return text
  }

  /// The command that runs just this test, with the seed that it had.
  static func again(
    _ file: FileResult, _ test: TestResult, seed: UInt64, _ options: SuiteOptions
  ) -> String {
    var words = [options.command, "--seed", "\(seed)"]
    if let name = test.name { words += ["--case", StandaloneCommand.quoted(name)] }
    words.append(StandaloneCommand.quoted(file.file.path))
    return safe(words.joined(separator: " "))
  }

  public func end(_ suite: SuiteResult) -> [ReportPiece] {
    var text = ""
    if let ending = suite.ending {
      text += Self.safe(ending) + "\n"
      for title in suite.cut { text += "  cut off: " + Self.safe(title) + "\n" }
      if suite.unstarted > 0 { text += "  not started: \(Self.files(suite.unstarted))\n" }
    }
    text +=
      "\(suite.counts) in \(Self.files(suite.files)), \(ReportText.seconds(suite.seconds, digits: 2)) s"
      + " (seed \(options.seed))\n"
    return [.text(text)]
  }

  private static func files(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }

  /// Nothing of a test's reaches a terminal as it is.
  static func safe(_ text: String) -> String { Console.sanitised(text.utf8) }
}
