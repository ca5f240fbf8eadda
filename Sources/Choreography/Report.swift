import Glibc
import Scripting

/// How a run ended.
public struct RunResult: Sendable {
  /// The program's exit status: 0 done, 1 the script failed, 2 it does not parse, 3 the host lacks
  /// something, 124 out of time, 130 interrupted (143 by SIGTERM, 129 by SIGHUP).
  public var status: Int32
  /// Why it failed.
  public var report: Report?
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
  /// The script's text, if that was standard input.
  var standardInput: String?
  /// What the guests' own logs were fetched as.
  var fetched: [String] = []
  var logs: String?
  /// The path of the page that shows all of it.
  var page: String?
  var seed: UInt64?

  init(unparsable message: String) {
    headline = message
    place = Place(prefixOf: message)
  }

  init(_ failure: Failure, reason: Ending.Reason?) {
    place = failure.place
    callers = failure.callers
    isNoticedElsewhere = failure.isNoticedElsewhere
    notes = failure.error?.notes ?? []
    if let reason {
      headline = (place.map { "\($0): " } ?? "") + reason.text
      notes = []
    } else {
      headline = failure.text
      // A table, or a string raised without a position.
      if failure.error == nil, let place, Place(prefixOf: headline) == nil {
        headline = "\(place): \(headline)"
      }
    }
  }

  /// Lines without a final newline, escape sequences made harmless.
  public var text: String {
    let message = headline.split(separator: "\n", omittingEmptySubsequences: true)
    var lines = ["vmscript: " + Self.oneLine(String(message.first ?? ""))]
    if let place, let line = sourceLine(place) {
      lines.append("\(Self.padded(place.line)) │ \(line)")
    }
    // Such as the places where require looked.
    for line in message.dropFirst().prefix(Self.messageLimit) {
      lines.append("  " + Self.oneLine(String(line).trimmed))
    }
    if message.count - 1 > Self.messageLimit {
      lines.append("  … and \(message.count - 1 - Self.messageLimit) lines more")
    }
    if !steps.isEmpty {
      lines.append("  in step " + steps.map { "'\($0)'" }.joined(separator: " › "))
    }
    lines += notes.filter { !$0.hasPrefix("logs: ") }.map { "  " + Self.oneLine($0) }
    if lag > 0.5 {
      let tenths = (lag * 10).rounded() / 10
      lines.append(
        "  the host was starved: its event loop ran up to \(formatted(tenths)) s late; soft lockups,"
          + " false elections and time-outs may come from that")
    }
    if !callers.isEmpty {
      lines.append(isNoticedElsewhere ? "  noticed at:" : "  called from:")
      for frame in callers { lines.append("    \(frame.place) in \(frame.what)") }
    }
    lines += fetched.map { "  " + Self.oneLine($0) }
    // A machine's own directory says more than the run's.
    if let logs = notes.first(where: { $0.hasPrefix("logs: ") }) ?? logs.map({ "logs: \($0)" }) {
      lines.append("  " + logs + (seed.map { " (seed \($0))" } ?? ""))
    }
    if let page { lines.append("  report: \(page)") }
    return lines.joined(separator: "\n")
  }

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
    if place.source == "stdin", let standardInput {
      let lines = standardInput.split(separator: "\n", omittingEmptySubsequences: false)
      guard lines.indices.contains(place.line - 1) else { return nil }
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
