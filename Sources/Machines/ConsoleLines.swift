import Events
import Glibc
import Notation
import Record

/// Tells the run's timeline the lines of a console: as many as may be, the others are counted.
struct ConsoleLines {
  /// Bytes of a line that are told.
  private static let limit = 1000

  private let timeline: Timeline
  /// Whose console it is: `machine` or `process`, and a name.
  private let subject: JSON.Member
  private var allowance = Allowance()
  /// What has come of the line.
  private var line: [UInt8] = []
  private var skipped = 0

  init(_ timeline: Timeline, _ kind: String, _ name: String) {
    self.timeline = timeline
    subject = JSON.Member(kind, .string(name))
  }

  mutating func take(_ bytes: [UInt8]) {
    let now = Instant.now
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = Self.lineFeed(in: rest)
      let part = rest[..<(end ?? rest.endIndex)]
      line += part.prefix(Self.limit + 1 - line.count)
      guard let end else { return }
      tell(at: now)
      rest = rest[(end + 1)...]
    }
  }

  /// Silence has come, perhaps behind a prompt.
  mutating func pause() { tell(at: .now, isOpen: true) }

  /// There will be no more of the line.
  mutating func endLine() { tell(at: .now) }

  private mutating func tell(at now: Instant, isOpen: Bool = false) {
    guard !line.isEmpty else { return }
    defer { line.removeAll(keepingCapacity: true) }
    guard allowance.take(at: now) else {
      skipped += 1
      return
    }
    var text = Console.sanitised(line.prefix(Self.limit))
    guard !text.isEmpty else { return }
    if line.count > Self.limit { text += "…" }
    timeline.tell(
      .console, at: now,
      [
        subject.name: subject.value, "text": .string(text), "open": isOpen ? true : nil,
        "skipped": skipped > 0 ? .integer(Int64(skipped)) : nil,
      ])
    skipped = 0
  }

  private static func lineFeed(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress, let found = memchr(start, 0x0a, buffer.count) else {
        return nil
      }
      return bytes.startIndex + start.distance(to: UnsafeRawPointer(found))
    }
  }
}
