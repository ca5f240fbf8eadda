import Machines

/// A machine's console as the page shows it: whole, or its beginning, its end, and what was said at
/// certain moments.
struct ConsoleExcerpt {
  struct Line {
    var text: String
    /// Seconds since the run began; nil if nobody noted it.
    var time: Double?
  }

  /// Of the log, in bytes.
  let size: Int
  private(set) var lines: [Line] = []
  /// How many bytes are left out before which line; before the last, at `lines.count`.
  private(set) var gaps: [(line: Int, bytes: Int)] = []
  /// Bytes that came in each part of the run's time, if that is known.
  private(set) var density: [Int] = []

  private static let densityParts = 300
  /// Of a line, in bytes.
  private static let lineLimit = 2000
  private static let momentLimit = 24

  /// `budget` is of bytes of text in the page; nil if there is no such log.
  init?(
    log path: String, times: String, budget: Int, moments: [Double], duration: Double
  ) throws(ReportError) {
    guard let log = try RecordFile(path) else { return nil }
    size = log.size
    let clock = try ConsoleClock(times)
    var covered = 0
    for part in Self.ranges(size, budget, moments, clock) {
      // What is left of a part's share is nobody else's: parts are far shorter than their share
      // only where the log is hostile.
      let share = part.count == size ? budget : part.count
      let isEnd = part.upperBound == size && part.lowerBound > 0
      let taken = try take(log, part, share, clock, fromEnd: isEnd)
      noteGap(taken.shown.lowerBound - covered)
      lines += taken.lines
      covered = taken.shown.upperBound
    }
    noteGap(size - covered)
    if let clock, duration > 0 { density = density(clock, duration) }
  }

  private mutating func noteGap(_ bytes: Int) {
    if bytes > 0 { gaps.append((lines.count, bytes)) }
  }

  /// Which parts of the log to read, in order.
  private static func ranges(
    _ size: Int, _ budget: Int, _ moments: [Double], _ clock: ConsoleClock?
  ) -> [Range<Int>] {
    if size <= budget { return size > 0 ? [0..<size] : [] }
    let (head, tail) = (budget * 3 / 10, budget * 4 / 10)
    var ranges = [0..<head]
    let chosen = spread(moments)
    let share = (budget - head - tail) / max(1, chosen.count)
    var offsets: [Int] = []
    for moment in chosen { if let offset = clock?.offset(at: moment) { offsets.append(offset) } }
    for offset in offsets.sorted() {
      // What led to a moment says more than what followed.
      let start = max(ranges.last!.upperBound, offset - share * 2 / 3)
      let end = min(size - tail, start + share)
      if start == ranges.last!.upperBound {
        if end > start { ranges[ranges.count - 1] = ranges.last!.lowerBound..<end }
      } else if end > start {
        ranges.append(start..<end)
      }
    }
    if ranges.last!.upperBound == size - tail {
      return ranges.dropLast() + [ranges.last!.lowerBound..<size]
    }
    return ranges + [size - tail..<size]
  }

  /// So many moments as there is room for, from all over the run.
  private static func spread(_ moments: [Double]) -> [Double] {
    let sorted = moments.sorted()
    guard sorted.count > momentLimit else { return sorted }
    return (0..<momentLimit).map { sorted[$0 * (sorted.count - 1) / (momentLimit - 1)] }
  }

  /// The whole lines of a part, at most `share` bytes of them, and where in the log they stand.
  private func take(
    _ log: RecordFile, _ part: Range<Int>, _ share: Int,
    _ clock: ConsoleClock?, fromEnd: Bool
  ) throws(ReportError) -> (lines: [Line], shown: Range<Int>) {
    let bytes = try log.read(part)
    // A part begins behind a line's end, or where the log does.
    var start = 0
    if part.lowerBound > 0 {
      start = (bytes.firstIndex(of: 0x0a) ?? bytes.count - 1) + 1
    }
    var spans: [Range<Int>] = []
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0a)
      if end == nil, part.upperBound < size { break }
      spans.append(start..<(end ?? bytes.count))
      start = (end ?? bytes.count) + 1
    }
    var texts: [(text: String, span: Range<Int>)] = []
    var room = share
    for span in fromEnd ? spans.reversed() : spans {
      let text = Self.text(bytes[span])
      let cost = Self.cost(text)
      guard cost <= room else { break }
      room -= cost
      texts.append((text, span))
    }
    if fromEnd { texts.reverse() }
    guard let first = texts.first?.span.lowerBound, let last = texts.last?.span.upperBound else {
      return ([], part.lowerBound..<part.lowerBound)
    }
    let shown = part.lowerBound + first..<min(part.lowerBound + last + 1, size)
    let entries = try clock?.entries(for: shown) ?? []
    var (at, lines) = (0, [Line]())
    lines.reserveCapacity(texts.count)
    for (text, span) in texts {
      let offset = part.lowerBound + span.lowerBound
      while at + 1 < entries.count, entries[at + 1].offset <= offset { at += 1 }
      lines.append(Line(text: text, time: entries.isEmpty ? nil : entries[at].seconds))
    }
    return (lines, shown)
  }

  /// As it may be shown, by what a carriage return has left of it.
  private static func text(_ raw: ArraySlice<UInt8>) -> String {
    var raw = raw
    while raw.last == 0x0d { raw.removeLast() }
    if let back = raw.lastIndex(of: 0x0d) { raw = raw[(back + 1)...] }
    let text = Console.sanitised(raw.prefix(lineLimit))
    return raw.count > lineLimit ? "\(text)… (\(raw.count - lineLimit) bytes more)" : text
  }

  /// About what a line takes in the page, with its time.
  private static func cost(_ text: String) -> Int { text.pageSize + 6 }

  /// About what all take.
  var cost: Int { lines.reduce(0) { $0 + Self.cost($1.text) } }

  private func density(_ clock: ConsoleClock, _ duration: Double) -> [Int] {
    var (counts, before) = ([Int](), 0)
    for part in 1...Self.densityParts {
      let time = duration * Double(part) / Double(Self.densityParts)
      let offset = part == Self.densityParts ? size : clock.offset(at: time) ?? size
      counts.append(max(0, offset - before))
      before = max(before, offset)
    }
    return counts
  }
}
