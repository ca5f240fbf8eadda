extension Console {
  /// One line of console text without escape sequences (ECMA-48), control characters and invalid
  /// UTF-8: what may be shown on a terminal, however ill the guest meant it.
  public nonisolated static func sanitised(_ line: some Sequence<UInt8>) -> String {
    var state = EscapeState.text
    var text = String.UnicodeScalarView()
    for scalar in String(decoding: Array(line), as: UTF8.self).unicodeScalars {
      switch (state, scalar.value) {
      case (.text, 0x1b): state = .escape
      case (.text, 0x09): text.append(" ")
      case (.text, 0x9b): state = .sequence
      case (.text, 0..<0x20), (.text, 0x7f..<0xa0): break
      // Marks that turn the direction of text around.
      case (.text, 0x200e...0x200f), (.text, 0x2028...0x202e), (.text, 0x2066...0x2069): break
      case (.text, _): text.append(scalar)
      case (.escape, 0x5b): state = .sequence
      case (.escape, 0x50), (.escape, 0x58), (.escape, 0x5d...0x5f): state = .string
      case (.escape, 0x20..<0x30): break
      case (.escape, _): state = .text
      case (.sequence, 0x40..<0x7f): state = .text
      case (.sequence, _): break
      case (.string, 0x07): state = .text
      case (.string, 0x1b): state = .stringEscape
      case (.string, _): break
      case (.stringEscape, _): state = .text
      }
    }
    var end = text.endIndex
    while end > text.startIndex, text[text.index(before: end)] == " " {
      end = text.index(before: end)
    }
    return String(text[..<end])
  }
}

/// Looks for the text of a Linux kernel's panic (kernel/panic.c), also where chunks cut it.
struct PanicScanner {
  static let mark = Array("Kernel panic - not syncing".utf8)
  private static let lineLimit = 4096

  private var matched = 0
  private var line: [UInt8] = []
  private var isPanic = false

  /// The panic's line, when these bytes complete it.
  mutating func find(in bytes: [UInt8]) -> String? {
    for byte in bytes {
      if byte == 0x0a {
        if isPanic { return unfinished }
        line.removeAll(keepingCapacity: true)
        matched = 0
        continue
      }
      if line.count < Self.lineLimit { line.append(byte) }
      if isPanic { continue }
      // The mark begins with its only K, so a mismatch can only be the start of another.
      if byte == Self.mark[matched] {
        matched += 1
      } else {
        matched = byte == Self.mark[0] ? 1 : 0
      }
      if matched == Self.mark.count { isPanic = true }
    }
    return nil
  }

  /// The panic's line so far, without the kernel's clock.
  var unfinished: String? {
    guard isPanic else { return nil }
    let text = Console.sanitised(line)
    guard text.first == "[", let end = text.firstIndex(of: "]") else { return text }
    return String(text[text.index(after: end)...].drop { $0 == " " })
  }
}

private enum EscapeState { case text, escape, sequence, string, stringEscape }
