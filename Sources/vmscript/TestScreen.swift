import Events
import Glibc
import Suites

/// Shows a suite: its reports on standard output and in files, and, on a terminal, what runs now.
struct TestScreen {
  private var reports: [(report: any SuiteReport, target: ReportTarget)] = []
  private var foot: TerminalFoot?

  /// Opens the files. A terminal that can be drawn on gets a live view, unless a CI server says that
  /// it is one.
  init(
    _ options: SuiteOptions, plain isVerbose: Bool, standardOutput format: TestCommand.Format,
    _ junit: String?, _ tap: String?
  ) throws(SuiteError) {
    func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    let isTerminal = isatty(1) == 1
    let isColoured = isTerminal && !isDumb && !isSet("NO_COLOR") && !isSet("CI")
    let first: any SuiteReport =
      switch format {
      case .plain: PlainReport(options, isColoured: isColoured, isVerbose: isVerbose)
      case .tap: TAPReport(options)
      case .junit: JUnitReport(options)
      }
    reports.append((first, .standardOutput))
    if let junit { reports.append((JUnitReport(options), try .open(junit))) }
    if let tap { reports.append((TAPReport(options), try .open(tap))) }
    if isatty(2) == 1, !isDumb, !isSet("CI") { foot = TerminalFoot(sharesOutput: isTerminal) }
  }

  /// Returns the exit status when the suite is done.
  mutating func show(_ feed: SuiteFeed, total: Int?) -> Int32 {
    var view = LiveView(total: total)
    var result: SuiteResult?
    var isSuspended = false
    tell { $0.begin() }
    while result == nil {
      for event in feed.next(until: foot == nil ? .never : .after(TerminalFoot.pause)) {
        view.take(event)
        switch event {
        case .ended(_, let file?): tell { $0.add(file) }
        case .done(let done): result = done
        case .suspending:
          foot?.erase()
          isSuspended = true
        case .resumed: isSuspended = false
        case .began, .changed, .ended, .stopping, .resized: break
        }
      }
      if result == nil, !isSuspended { foot?.draw(view) }
    }
    foot?.erase()
    guard let result else { return 1 }
    tell { $0.end(result) }
    Suite.finish()
    let hasFailedToWrite = reports.contains { $0.target.error != nil }
    for (_, target) in reports {
      if let error = target.error { Terminal.say("vmscript: cannot write \(error)") }
    }
    if result.tests == 0, result.signalStatus == nil {
      Terminal.say("vmscript: no test was run")
    }
    return result.status == 0 && hasFailedToWrite ? 1 : result.status
  }

  private mutating func tell(_ ask: (inout any SuiteReport) -> [ReportPiece]) {
    for index in reports.indices {
      let pieces = ask(&reports[index].report)
      guard !pieces.isEmpty else { continue }
      if index == 0 { foot?.makeWay() }
      reports[index].target.write(pieces)
    }
  }
}
