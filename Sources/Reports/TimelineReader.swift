import Notation

/// Goes through a record's `timeline.jsonl`, line by line, without holding all of it as RecordedRun
/// does: it may be longer than memory. A run that was killed leaves a last line that is cut off.
struct TimelineReader {
  /// Bytes of a line; longer ones are left out.
  private static let lineLimit = 1 << 20
  private static let blockSize = 1 << 20
  private static let consoleMark = Array(#""kind":"console""#.utf8)

  /// Lines that are no JSON object with a time and a kind, but for a cut last one.
  private(set) var unknownLines = 0
  private(set) var isCut = false

  mutating func read(
    _ file: RecordFile,
    _ take: (_ kind: String, _ time: Double, JSON) throws(ReportError)
      -> Void
  ) throws(ReportError) {
    var (offset, rest, isTooLong) = (0, [UInt8](), false)
    while offset < file.size {
      let block = try file.read(offset..<min(file.size, offset + Self.blockSize))
      guard !block.isEmpty else { break }
      offset += block.count
      var start = 0
      while let end = block[start...].firstIndex(of: 0x0a) {
        if isTooLong {
          unknownLines += 1
        } else if rest.isEmpty {
          try line(block[start..<end], take)
        } else {
          rest += block[start..<end]
          try line(rest[...], take)
        }
        rest.removeAll(keepingCapacity: true)
        isTooLong = false
        start = end + 1
      }
      rest += block[start...]
      if rest.count > Self.lineLimit {
        isTooLong = true
        rest.removeAll()
      }
    }
    isCut = !rest.isEmpty || isTooLong
  }

  private mutating func line(
    _ bytes: ArraySlice<UInt8>, _ take: (String, Double, JSON) throws(ReportError) -> Void
  ) throws(ReportError) {
    // The console is read from its own log: its lines, which are the most, need not be parsed.
    if bytes.prefix(48).contains(Self.consoleMark) || bytes.isEmpty { return }
    guard let event = try? JSON.parse(bytes), let kind = event["kind"]?.text,
      let time = event["t"]?.double, time.isFinite, abs(time) < 1e9
    else {
      unknownLines += 1
      return
    }
    try take(kind, time, event)
  }
}
