import Glibc
import Suites

/// The lines at the foot of a terminal that are drawn again and again, on standard error.
struct TerminalFoot {
  /// Seconds between two drawings.
  static let pause = 0.2

  /// Standard output is the terminal too: what is written there needs the place.
  let sharesOutput: Bool
  private var drawn: [String] = []

  init(sharesOutput: Bool) { self.sharesOutput = sharesOutput }

  mutating func draw(_ view: LiveView) {
    let size = Self.size
    let lines = view.lines(columns: size.columns, rows: size.rows)
    guard lines != drawn else { return }
    // In one piece, so that nothing is seen half drawn.
    put(start(size.columns) + lines.joined(separator: "\n"))
    drawn = lines
  }

  mutating func erase() {
    guard !drawn.isEmpty else { return }
    put(start(Self.size.columns))
    drawn = []
  }

  /// Something is about to be written to standard output.
  mutating func makeWay() { if sharesOutput { erase() } }

  /// Moves to where the first line began and clears the rest of the screen (ECMA-48: CUU, ED).
  private func start(_ columns: Int) -> String {
    guard !drawn.isEmpty else { return "\r\u{1b}[J" }
    let up = LiveView.rows(drawn, columns: columns) - 1
    return "\r" + (up > 0 ? "\u{1b}[\(up)A" : "") + "\u{1b}[J"
  }

  private func put(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
