/// Breaks text into lines of a width.
public enum Folding {
  /// Breaks behind blanks, and behind commas where there is no blank; a word that is too long stays whole.
  /// Widths are in characters; `first` and `others` stand before the lines.
  public static func lines(
    _ text: String, width: Int, first: String, others: String
  ) -> [String] {
    var lines: [String] = []
    var rest = text[...]
    var indent = first
    while true {
      let room = max(1, width - indent.count)
      guard rest.count > room else { break }
      let head = rest.prefix(room)
      guard
        let end = place(in: head)
          ?? rest.firstIndex(where: { $0 == " " || $0 == "," }),
        rest.index(after: end) < rest.endIndex
      else { break }
      var line = rest[...end]
      while line.last == " " { line.removeLast() }
      lines.append(indent + line)
      rest = rest[rest.index(after: end)...].drop { $0 == " " }
      indent = others
    }
    return lines + [indent + rest]
  }

  /// The last blank, or, if that leaves most of the line empty, the last comma.
  private static func place(in head: Substring) -> Substring.Index? {
    guard let blank = head.lastIndex(of: " ") else { return head.lastIndex(of: ",") }
    let comma = head.lastIndex(of: ",")
    let isEarly = head.distance(from: head.startIndex, to: blank) < head.count / 3
    return isEarly ? max(blank, comma ?? blank) : blank
  }
}
