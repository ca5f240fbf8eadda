import Glibc

/// JUnit's XML as CI servers read it: a suite for each file. What is flaky has Surefire's
/// `flakyFailure`.
public struct JUnitReport: SuiteReport {
  private let options: SuiteOptions
  private var suites: [String] = []
  private var totals = (tests: 0, failures: 0, skipped: 0)

  public init(_ options: SuiteOptions) { self.options = options }

  public func begin() -> [ReportPiece] { [] }

  public mutating func add(_ file: FileResult) -> [ReportPiece] {
    guard !file.tests.isEmpty else { return [] }
    let failures = file.tests.filter { $0.outcome == .failed || $0.outcome == .cut }.count
    let skipped = file.tests.filter { if case .skipped = $0.outcome { true } else { false } }.count
    totals = (totals.tests + file.tests.count, totals.failures + failures, totals.skipped + skipped)
    var text =
      "  <testsuite name=\(Self.quoted(file.title)) package=\"\" id=\"\(suites.count)\""
      + " tests=\"\(file.tests.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
      + " time=\"\(ReportText.seconds(file.seconds))\" timestamp=\"\(file.began)\""
      + " hostname=\(Self.quoted(Self.host))>\n"
    text += "    <properties><property name=\"seed\" value=\"\(options.seed)\"/></properties>\n"
    for test in file.tests { text += testCase(file, test) }
    var output: [String] = []
    for (_, each) in file.outputs where file.hasFailed || file.isFlaky || file.isCut {
      output += each.tail
    }
    text += "    <system-out>\(Self.escaped(output.joined(separator: "\n")))</system-out>\n"
    text += "    <system-err></system-err>\n  </testsuite>\n"
    suites.append(text)
    return []
  }

  private func testCase(_ file: FileResult, _ test: TestResult) -> String {
    let stem =
      file.file.path.hasSuffix(".lua") ? String(file.file.path.dropLast(4)) : file.file.path
    // Servers take what is before the last point for a package.
    let parts = stem.split(separator: "/").map { $0.replacing(".", with: "_") }
    let name = test.name ?? parts.last.map { String($0) } ?? stem
    let round = file.round.map { " (run \($0))" } ?? ""
    var text =
      "    <testcase name=\(Self.quoted(name + round))"
      + " classname=\(Self.quoted(parts.joined(separator: ".")))"
      + " time=\"\(ReportText.seconds(test.seconds))\""
    let inner: String
    switch test.outcome {
    case .passed: inner = ""
    case .skipped(let reason): inner = "<skipped message=\(Self.quoted(reason))/>"
    case .cut:
      inner = "<failure type=\"cut\" message=\"cut off: the suite was ended while it ran\"/>"
    case .failed:
      let last = test.failures.last
      let texts = test.failures.map { body(file, test, $0) }
      inner =
        "<failure type=\"failure\" message=\(Self.quoted(last?.headline ?? ""))>"
        + Self.escaped(texts.joined(separator: "\n\n")) + "</failure>"
    case .flaky:
      inner = test.failures.map { failure in
        "<flakyFailure type=\"failure\" message=\(Self.quoted(failure.headline))>"
          + "<stackTrace>\(Self.escaped(body(file, test, failure)))</stackTrace></flakyFailure>"
      }.joined()
    }
    text += inner.isEmpty ? "/>\n" : ">\(inner)</testcase>\n"
    return text
  }

  private func body(
    _ file: FileResult, _ test: TestResult, _ failure: TestResult.Failure
  ) -> String {
    failure.text + "\nagain: " + PlainReport.again(file, test, seed: failure.seed, options)
  }

  public func end(_ suite: SuiteResult) -> [ReportPiece] {
    let head =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    return [.text(head + suites.joined() + "</testsuites>\n")]
  }

  private static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let text = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "localhost" : text
  }

  private static func quoted(_ text: String) -> String {
    "\"" + escaped(text).replacing("\"", with: "&quot;").replacing("\n", with: " ") + "\""
  }

  /// XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\n", "\t": result.append(scalar)
      default:
        let isAllowed =
          scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value)
          && scalar.value & 0xfffe != 0xfffe
        result.append(isAllowed ? scalar : "\u{fffd}")
      }
    }
    return String(result)
  }
}
