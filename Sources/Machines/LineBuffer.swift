/// Cuts bytes into lines, of bounded length.
struct LineBuffer {
  let limit: Int
  private var rest: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// The unfinished line is longer than the limit.
  var isOverfull: Bool { rest.count > limit }

  /// The lines that `bytes` completes, without their line feeds.
  mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0a) {
      lines.append(rest + bytes[start..<end])
      rest.removeAll(keepingCapacity: true)
      start = end + 1
    }
    rest += bytes[start...]
    return lines
  }
}
