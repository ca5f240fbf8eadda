import Glibc

/// Looks for texts in what comes in pieces, also where they are cut. What was looked at is not
/// looked at again: it costs little more than finding a byte in memory.
struct TextScanner {
  private let texts: [[UInt8]]
  /// The end of what has come, shorter than the longest text.
  private var tail: [UInt8] = []
  private let overlap: Int

  /// Empty texts are left out.
  init(_ texts: [[UInt8]] = []) {
    self.texts = texts.filter { !$0.isEmpty }
    overlap = max(0, (self.texts.map(\.count).max() ?? 0) - 1)
  }

  /// The text that these bytes complete, and where it begins in them; before them, if negative. Of
  /// several, the first of the list.
  mutating func find(in bytes: [UInt8]) -> (text: [UInt8], offset: Int)? {
    guard !texts.isEmpty else { return nil }
    let all = tail + bytes
    defer { tail = Array(all.suffix(overlap)) }
    for text in texts {
      if let at = Self.offset(of: text, in: all) { return (text, at - tail.count) }
    }
    return nil
  }

  private static func offset(of text: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { bytes in
      text.withUnsafeBytes { text in
        guard let base = bytes.baseAddress, let wanted = text.baseAddress else { return nil }
        var at = 0
        while at <= bytes.count - text.count {
          let room = bytes.count - text.count - at + 1
          guard let found = memchr(base + at, Int32(text[0]), room) else { return nil }
          at = UnsafeRawPointer(found) - base
          if memcmp(base + at, wanted, text.count) == 0 { return at }
          at += 1
        }
        return nil
      }
    }
  }
}
