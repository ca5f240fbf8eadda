import Glibc

/// The only place that prints.
enum Terminal {
  /// Writes a line to standard error in one piece.
  static func say(_ text: String) {
    let line = text + "\n"
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
