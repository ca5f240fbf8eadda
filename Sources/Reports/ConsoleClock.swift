import Machines

/// Says of a console's log when which part of it came, by its `console.times`.
struct ConsoleClock {
  private let file: RecordFile
  private let count: Int

  /// Nil without that file, or when there is nothing in it.
  init?(_ path: String) throws(ReportError) {
    guard let file = try RecordFile(path) else { return nil }
    count = file.size / ConsoleTimes.width
    guard count > 0 else { return nil }
    self.file = file
  }

  private func entry(_ index: Int) -> (seconds: Double, offset: Int) {
    let start = index * ConsoleTimes.width
    let bytes = (try? file.read(start..<start + ConsoleTimes.width)) ?? []
    return ConsoleTimes.entry(bytes) ?? (0, 0)
  }

  /// How many entries come before the first for which it holds.
  private func first(_ holds: ((seconds: Double, offset: Int)) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(entry(middle)) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Where in the log stands what came at that time or after it.
  func offset(at seconds: Double) -> Int? {
    let index = first { $0.seconds >= seconds }
    return index < count ? entry(index).offset : nil
  }

  /// The entries for that part of the log, the first of which may begin before it.
  func entries(for range: Range<Int>) throws(ReportError) -> [(seconds: Double, offset: Int)] {
    let from = max(0, first { $0.offset > range.lowerBound } - 1)
    let to = first { $0.offset >= range.upperBound }
    guard from < to else { return [] }
    let width = ConsoleTimes.width
    let bytes = try file.read(from * width..<to * width)
    return stride(from: 0, to: bytes.count, by: width).compactMap { start in
      ConsoleTimes.entry(Array(bytes[start..<min(start + width, bytes.count)]))
    }
  }
}
