/// The form in which a suite tells what became of it.
public protocol SuiteReport {
  /// What stands before everything else.
  mutating func begin() -> [ReportPiece]
  mutating func add(_ file: FileResult) -> [ReportPiece]
  mutating func end(_ suite: SuiteResult) -> [ReportPiece]
}

/// A part of a report: text, or a file's output, which may be too much for memory.
public enum ReportPiece: Sendable {
  case text(String)
  /// Its lines, each with this before it.
  case output(OutputFile, indent: String)
}

/// What texts in reports are made of.
enum ReportText {
  /// Seconds with so many digits behind the point.
  static func seconds(_ seconds: Double, digits: Int = 3) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let units = Int((max(0, min(seconds, 1e9)) * Double(scale)).rounded())
    let fraction = String(units % scale)
    return "\(units / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
