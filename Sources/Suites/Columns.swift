import CEvents

/// How wide text is on a terminal.
enum Columns {
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { total, scalar in
      total + (scalar.isASCII ? 1 : max(0, Int(events_columns(scalar.value))))
    }
  }

  /// As much of it as has room, with an ellipsis if that is not all.
  static func cut(_ text: String, to limit: Int) -> String {
    guard limit > 0 else { return "" }
    if width(text) <= limit { return text }
    var shown = text
    while width(shown) > limit - 1, !shown.isEmpty { shown.removeLast() }
    return shown + "…"
  }
}
