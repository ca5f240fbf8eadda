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

  private var scanner = TextScanner([mark])
  /// The last line, as far as it has come.
  private var line: [UInt8] = []
  private var isPanic = false

  /// The panic's line, when these bytes complete it.
  mutating func find(in bytes: [UInt8]) -> String? {
    if isPanic { return take(bytes[...]) }
    guard let found = scanner.find(in: bytes) else {
      _ = take(bytes[...])
      return nil
    }
    isPanic = true
    // What is before the mark may be of other lines.
    let start = max(0, found.offset)
    if let end = bytes[..<start].lastIndex(of: 0x0a) {
      line.removeAll(keepingCapacity: true)
      return take(bytes[(end + 1)...])
    }
    return take(bytes[...])
  }

  /// Adds to the line. In a panic its end is what is looked for, before that its beginning.
  private mutating func take(_ bytes: ArraySlice<UInt8>) -> String? {
    guard let end = isPanic ? bytes.firstIndex(of: 0x0a) : bytes.lastIndex(of: 0x0a) else {
      line += bytes.prefix(Self.lineLimit - line.count)
      return nil
    }
    if isPanic {
      line += bytes[..<end].prefix(Self.lineLimit - line.count)
      return unfinished
    }
    line = Array(bytes[(end + 1)...].prefix(Self.lineLimit))
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
