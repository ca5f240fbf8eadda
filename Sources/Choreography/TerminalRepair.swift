/// What a guest may have done to the terminal and not undone when its console is left: a firmware that has
/// turned wrapping off, an editor in the other screen.
struct TerminalRepair {
  private static let enter = Array("\u{1b}[?1049h".utf8)
  private static let leave = Array("\u{1b}[?1049l".utf8)

  private var isInOtherScreen = false
  private var tail: [UInt8] = []

  mutating func note(_ bytes: [UInt8]) {
    let text = tail + bytes
    var index = text.startIndex
    while let escape = text[index...].firstIndex(of: 0x1b) {
      if text[escape...].starts(with: Self.enter) { isInOtherScreen = true }
      if text[escape...].starts(with: Self.leave) { isInOtherScreen = false }
      index = escape + 1
    }
    tail = Array(text.suffix(Self.enter.count - 1))
  }

  /// Sequences of ECMA-48 and xterm that do nothing to a terminal on which nothing was done.
  var bytes: [UInt8] {
    let modes =
      "\u{1b}[?1l\u{1b}[?7h\u{1b}[?25h\u{1b}[?1000l\u{1b}[?1002l\u{1b}[?1003l\u{1b}[?1006l"
    // The region that scrolls is set back without moving the cursor.
    let rest = "\u{1b}[?2004l\u{1b}>\u{1b}(B\u{1b}[0m\u{1b}7\u{1b}[r\u{1b}8"
    return Array(((isInOtherScreen ? "\u{1b}[?1049l" : "") + modes + rest).utf8)
  }
}
