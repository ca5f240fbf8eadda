import Choreography
import Glibc

/// The only place that prints.
enum Terminal {
  /// Writes a line to standard error in one piece.
  static func say(_ text: String) { write(text + "\n", to: 2) }

  /// The same to standard output.
  static func show(_ text: String) { write(text + "\n", to: 1) }

  /// Writes to a descriptor in one piece, as far as somebody takes it.
  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  static func tell(_ report: Report) { say(report.text(layout)) }

  /// Whether somebody is there: a terminal that is none of an integration server's.
  static var hasPerson: Bool { isatty(2) == 1 && !isSet("CI") }

  private static func isSet(_ name: String) -> Bool { getenv(name).map { $0[0] != 0 } ?? false }

  /// How reports look on standard error.
  static var layout: ReportLayout {
    guard isatty(2) == 1 else { return ReportLayout() }
    var size = winsize()
    _ = ioctl(2, UInt(TIOCGWINSZ), &size)
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    return ReportLayout(
      // A terminal that does not know its width has none.
      width: size.ws_col > 0 ? Int(size.ws_col) : nil,
      // no-color.org
      isColoured: !isSet("NO_COLOR") && !isDumb)
  }

  /// Writes as much to standard error as it takes without waiting: a page at most, for which a pipe
  /// that can be written has room (pipe(7)). Negative when it is closed.
  static func offer(_ bytes: ArraySlice<UInt8>) -> Int {
    var file = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
    guard poll(&file, 1, 0) == 1 else { return 0 }
    let count = bytes.withUnsafeBytes {
      Glibc.write(2, $0.baseAddress, min($0.count, Int(PIPE_BUF)))
    }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : count
  }
}
