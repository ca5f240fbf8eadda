import Notation

/// TAP 14 (the Test Anything Protocol): a test point for each file, with its tests as a subtest.
public struct TAPReport: SuiteReport {
  private let options: SuiteOptions
  private var count = 0

  public init(_ options: SuiteOptions) { self.options = options }

  public func begin() -> [ReportPiece] {
    [.text("TAP version 14\n# seed \(options.seed)\n")]
  }

  public mutating func add(_ file: FileResult) -> [ReportPiece] {
    guard !file.tests.isEmpty else { return [] }
    count += 1
    var text = ""
    if let only = file.tests.first, file.tests.count == 1, only.name == nil {
      text += point(count, file.title, only, file, indent: "")
      return [.text(text)]
    }
    text += "# Subtest: \(Self.escaped(file.title))\n"
    for (index, test) in file.tests.enumerated() {
      let name = test.name ?? "\(file.title) itself"
      text += point(index + 1, name, test, file, indent: "    ")
    }
    text += "    1..\(file.tests.count)\n"
    let isGood = !file.hasFailed && !file.isCut
    text += "\(isGood ? "ok" : "not ok") \(count) - \(Self.escaped(file.title))\n"
    return [.text(text)]
  }

  private func point(
    _ number: Int, _ name: String, _ test: TestResult, _ file: FileResult, indent: String
  ) -> String {
    var directive = ""
    var isGood = true
    switch test.outcome {
    case .passed: break
    case .flaky: directive = " (flaky)"
    case .skipped(let reason): directive = " # SKIP " + Self.escaped(reason)
    case .failed: isGood = false
    case .cut:
      isGood = false
      directive = " (cut off)"
    }
    var text =
      "\(indent)\(isGood ? "ok" : "not ok") \(number) - \(Self.escaped(name))\(directive)\n"
    let inner = indent + "  "
    text += "\(inner)---\n\(inner)seconds: \(ReportText.seconds(test.seconds))\n"
    if test.outcome == .flaky { text += "\(inner)flaky: true\n" }
    if !test.tags.isEmpty {
      text += "\(inner)tags: \(JSON.array(test.tags.map { .string($0) }).encoded)\n"
    }
    for failure in test.failures {
      let prefix = test.failures.count > 1 || options.retries > 0 ? "try_\(failure.attempt)_" : ""
      text += "\(inner)\(prefix)message: \(Self.quoted(failure.headline))\n"
      text += "\(inner)\(prefix)seed: \(failure.seed)\n"
      let again = PlainReport.again(file, test, seed: failure.seed, options)
      text += "\(inner)\(prefix)again: \(Self.quoted(again))\n"
      text += "\(inner)\(prefix)report:\n" + list(failure.text.split(separator: "\n"), inner)
      if let output = file.outputs.first(where: { $0.attempt == failure.attempt })?.output,
        !output.isEmpty
      {
        text += "\(inner)\(prefix)output:\n" + list(output.tail, inner)
      }
    }
    return text + "\(inner)...\n"
  }

  private func list(_ lines: [some StringProtocol], _ indent: String) -> String {
    lines.map { "\(indent)  - \(Self.quoted(String($0)))\n" }.joined()
  }

  /// JSON's strings are YAML's in double quotes.
  private static func quoted(_ text: String) -> String {
    JSON.string(PlainReport.safe(text)).encoded
  }

  private static func escaped(_ text: String) -> String {
    PlainReport.safe(text).reduce(into: "") { text, character in
      if character == "\\" || character == "#" { text.append("\\") }
      text.append(character)
    }
  }

  public func end(_ suite: SuiteResult) -> [ReportPiece] {
    var text = "1..\(count)\n# \(suite.counts), \(ReportText.seconds(suite.seconds)) s\n"
    if let ending = suite.ending { text += "Bail out! \(PlainReport.safe(ending))\n" }
    return [.text(text)]
  }
}
