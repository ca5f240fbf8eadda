import Glibc
import Scripting

/// How a run ended.
public struct RunResult: Sendable {
  /// The program's exit status: 0 done, 1 the script failed, 2 it does not parse, 3 the host lacks
  /// something, 124 out of time, 130 interrupted (143 by SIGTERM, 129 by SIGHUP).
  public var status: Int32
  /// Why it failed.
  public var report: Report?
  /// The report was shown already.
  public var isShown = false
  /// Set if the script said that it cannot run here.
  public var skipped: String?

  init(status: Int32, report: Report? = nil, skipped: String? = nil) {
    self.status = status
    self.report = report
    self.skipped = skipped
  }
}

/// Why a script failed, as a person reads it.
public struct Report: Sendable {
  var headline: String
  var place: Place?
  var notes: [String] = []
  /// Those who called what failed; or, if it failed elsewhere, where the script was told.
  var callers: [Failure.Frame] = []
  var isNoticedElsewhere = false
  /// How late the host's own loop ran at worst, in seconds.
  var lag = 0.0
  var steps: [String] = []
  /// The test that failed.
  var test: String?
  /// The script's text, if that was standard input.
  var standardInput: String?
  /// What the guests' own logs were fetched as.
  var fetched: [String] = []
  var logs: String?
  /// The path of the page that shows all of it.
  var page: String?

  init(unparsable message: String) {
    headline = message
    place = Place(prefixOf: message)
  }

  init(headline: String) { self.headline = headline }

  init(_ failure: Failure, reason: Ending.Reason?) {
    place = failure.place
    callers = failure.callers
    isNoticedElsewhere = failure.isNoticedElsewhere
    notes = failure.error?.notes ?? []
    machine = failure.error?.machine
    if let reason {
      headline = (place.map { "\($0): " } ?? "") + reason.text
      if case .signal = reason { notes = [] }
    } else {
      headline = failure.text
      // A table, or a string raised without a position.
      if failure.error == nil, let place, Place(prefixOf: headline) == nil {
        headline = "\(place): \(headline)"
      }
    }
  }

  /// What came before it: what the script had failed of when this was raised at the end of a
  /// `<close>` variable.
  var earlier: String?
  var situation: Situation?
  /// The machine that the error names, when that has ended.
  var machine: String?
  /// The command that runs the script again.
  var again: String?

  func isSame(as other: Report) -> Bool { headline == other.headline && place == other.place }

  static let prefix = "vmscript: "

  /// Lines without a final newline, escape sequences made harmless; plain.
  public var text: String { text(ReportLayout()) }

  public func text(_ layout: ReportLayout) -> String { layout.text(lines) }

  private var lines: [ReportLayout.Line] {
    let message = headline.split(separator: "\n", omittingEmptySubsequences: true)
    var lines: [ReportLayout.Line] = []
    func add(_ text: String, _ style: ReportLayout.Style = .plain, _ indent: Int = 2) {
      lines.append(.init(text: Self.oneLine(text), style: style, indent: indent))
    }
    add(Self.prefix + Self.shortened(String(message.first ?? "")), .cause, 0)
    if let place, let line = sourceLine(place) {
      add("\(Self.padded(place.line)) │ \(line)", .source, 0)
    }
    // Such as the places where require looked.
    for line in message.dropFirst().prefix(Self.messageLimit) { add(String(line).trimmed) }
    if message.count - 1 > Self.messageLimit {
      add("… and \(message.count - 1 - Self.messageLimit) lines more")
    }
    if let earlier {
      add("this came while the script ended because of: \(Self.shortened(earlier))")
    }
    if let test { add("in test '\(Self.oneLine(test))'") }
    if !steps.isEmpty {
      add("in step " + steps.map { "'\($0)'" }.joined(separator: " › "))
    }
    if let waited = situation?.interrupted { add(waited) }
    for note in notes where !note.hasPrefix("logs: ") {
      // "    1.88 │ text", of a console, stands behind its machine.
      add(Self.shortened(note), note.contains(" │ ") && note.hasPrefix(" ") ? .quiet : .plain)
    }
    if lag > 0.5 {
      let tenths = (lag * 10).rounded() / 10
      add(
        "the host was starved: its event loop ran up to \(formatted(tenths)) s late; soft lockups,"
          + " false elections and time-outs may come from that")
    }
    if !callers.isEmpty {
      add(isNoticedElsewhere ? "noticed at:" : "called from:")
      for frame in callers { add("\(frame.place) in \(frame.what)", .plain, 4) }
    }
    let others = situation?.lines(withoutEnded: machine) ?? []
    if !others.isEmpty { add("meanwhile:") }
    for line in others { add(Self.shortened(line), .plain, 4) }
    for line in fetched { add(line) }
    // A machine's own directory says more than the run's.
    if let logs = ownLogs ?? logs.map({ "logs: \($0)" }) { add(logs, .copied) }
    if let page { add("report: \(page)", .copied) }
    if let again { add("again: \(again)", .copied) }
    return lines
  }

  /// The directory of the one machine, or process, that the notes are about.
  private var ownLogs: String? {
    let found = Set(notes.filter { $0.hasPrefix("logs: ") })
    return found.count == 1 ? found.first : nil
  }

  /// Bounds what a guest or a script has put into a message.
  private static func shortened(_ text: String) -> String {
    text.utf8.count > textLimit ? String(text.prefix(textLimit / 4)) + "…" : text
  }

  /// Bytes of a line that are certainly shown.
  private static let textLimit = 4000

  /// Lines of a message that are shown, besides its first.
  private static let messageLimit = 8

  private static func padded(_ line: Int) -> String {
    let digits = String(line)
    return String(repeating: " ", count: max(0, 5 - digits.count)) + digits
  }

  /// Guests and QEMU are not trusted with the terminal.
  static func oneLine(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar in
        scalar == "\n" || scalar == "\t"
          ? " "
          : scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
            ? "\u{fffd}" : Character(scalar)
      })
  }

  /// The line of a script's file, if it can still be read.
  func sourceLine(_ place: Place) -> String? {
    if ["stdin", "prompt"].contains(place.source) {
      guard let lines = standardInput?.split(separator: "\n", omittingEmptySubsequences: false),
        lines.indices.contains(place.line - 1)
      else { return nil }
      return Self.shown(String(lines[place.line - 1]))
    }
    guard let file = fopen(place.source, "r") else { return nil }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    for number in 1...max(1, place.line) {
      guard getline(&line, &capacity, file) >= 0, let line else { return nil }
      guard number == place.line else { continue }
      return Self.shown(String(cString: line))
    }
    return nil
  }

  private static func shown(_ line: String) -> String? {
    let text = oneLine(line.trimmed)
    return text.isEmpty ? nil : String(text.prefix(200))
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    return String(text)
  }
}
