/// Cuts bytes into lines, of bounded length.
struct LineBuffer {
  struct Line: Hashable {
    var bytes: [UInt8]
    /// The line was longer than the limit: these are its last bytes.
    var isCut = false
  }

  /// What is kept of a line that is too long, in bytes.
  static let tail = 256

  let limit: Int
  private var rest: [UInt8] = []
  private var isCut = false

  init(limit: Int) { self.limit = limit }

  /// The lines that `bytes` completes, without their line feeds.
  mutating func take(_ bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0a) {
      add(bytes[start..<end])
      lines.append(Line(bytes: rest, isCut: isCut))
      rest.removeAll(keepingCapacity: rest.capacity < 1 << 20)
      isCut = false
      start = end + 1
    }
    add(bytes[start...])
    return lines
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) {
    rest += bytes
    if rest.count > limit { isCut = true }
    if isCut { rest = Array(rest.suffix(Self.tail)) }
  }
}
