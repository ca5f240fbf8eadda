/// How a report looks: on a terminal wrapped to its width, with a little colour where that is wanted;
/// elsewhere each of its lines whole, and plain.
public struct ReportLayout: Sendable {
  /// Columns; nil: no terminal, and nothing is wrapped.
  public var width: Int?
  public var isColoured: Bool

  public init(width: Int? = nil, isColoured: Bool = false) {
    self.width = width
    self.isColoured = isColoured
  }

  enum Style {
    case cause, source, plain, quiet
    /// To be copied: never broken, and on a line of its own if it does not fit behind its label.
    case copied
  }

  struct Line {
    var text: String
    var style: Style
    var indent = 0
  }

  func text(_ lines: [Line]) -> String { lines.flatMap(shown).joined(separator: "\n") }

  private func shown(_ line: Line) -> [String] {
    // On a very narrow terminal there is no room for steps.
    let indent = min(line.indent, (width ?? .max) / 8)
    if line.style == .copied, let width, indent + line.text.count > width,
      let end = line.text.firstRange(of: ": ")?.upperBound
    {
      return [
        coloured(Self.blanks(indent) + line.text[..<end].dropLast(), .quiet),
        String(line.text[end...]),
      ]
    }
    let rows = line.style == .copied ? [line.text] : wrapped(line.text, indent)
    return rows.enumerated().map { index, row in
      let margin = index == 0 ? indent : hang(indent)
      return coloured(Self.blanks(margin) + row, line.style, isFirst: index == 0)
    }
  }

  private func hang(_ indent: Int) -> Int { min(indent + 2, (width ?? .max) / 4) }

  /// Broken between words; a word that is longer than a row is the terminal's to break.
  private func wrapped(_ text: String, _ indent: Int) -> [String] {
    guard let width, width > 4, indent + text.count > width else { return [text] }
    var rows: [String] = []
    var row = ""
    var room = width - indent
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !row.isEmpty, row.count + 1 + word.count > room {
        rows.append(row)
        row = ""
        room = width - hang(indent)
        if word.isEmpty { continue }
        row += word
      } else {
        row += (row.isEmpty && (rows.count > 0 || word.isEmpty == false) ? "" : " ") + word
      }
    }
    rows.append(row)
    return rows
  }

  private func coloured(_ text: String, _ style: Style, isFirst: Bool = true) -> String {
    guard isColoured else { return text }
    let (bold, red, dim, off) = ("\u{1b}[1m", "\u{1b}[31m", "\u{1b}[2m", "\u{1b}[0m")
    switch style {
    case .cause:
      guard isFirst, text.hasPrefix(Report.prefix) else { return bold + text + off }
      return bold + red + Report.prefix + off + bold + text.dropFirst(Report.prefix.count) + off
    case .quiet: return dim + text + off
    case .source: return bold + text + off
    case .plain, .copied: return text
    }
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
