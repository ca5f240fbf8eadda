import Events
import Glibc
import Machines
import Scripting

/// Reads the log of a console, or of a process's output, on the script's thread, line by line, from
/// where it last stopped. The draining goes on elsewhere, so however slow a pattern is, no guest is
/// held up. A carriage return begins a line anew: what a terminal would overwrite is matched as a
/// line of its own.
final class ConsoleCursor {
  /// Longer lines are matched in pieces.
  static let lineLimit = 65536
  /// What `before` gives at most, in bytes.
  static let beforeLimit = 256 << 20
  private static let block = 1 << 18

  private let console: Console
  private(set) var boot = 0
  /// Where the present line begins in the log, and how far into its text matching has come.
  private var lineOffset = 0
  private var column = 0
  /// Lines before it in this boot.
  private var lineCount = 0
  /// It begins behind a carriage return.
  private var isBehindReturn = false
  /// How far the log was looked at.
  private var length = 0
  /// The end of the last match: a line's offset in the log and the column there.
  private var lastMatch = (offset: 0, column: 0)

  init(_ console: Console) { self.console = console }
  convenience init(_ machine: Machine) { self.init(machine.console) }

  var changed: Event<ConsoleSnapshot> { console.changed }
  var snapshot: ConsoleSnapshot { console.snapshot }

  /// Goes back to the beginning of the present boot's text.
  func rewind() {
    let snapshot = console.snapshot
    boot = snapshot.boot
    lineOffset = snapshot.bootOffset
    (column, length, lineCount, isBehindReturn) = (0, 0, 0, false)
    lastMatch = (lineOffset, 0)
  }

  /// Whether the machine has booted again since the last look; then the cursor has been rewound.
  func followBoot() -> Bool {
    guard console.snapshot.boot != boot else { return false }
    rewind()
    return true
  }

  /// The first match in what was not looked at yet. The cursor then stands behind it. Where `goOn`
  /// says no, it stands before the line that takes so long.
  func next(
    _ texts: ConsoleTexts, wantsBefore: Bool = false, goOn: () -> Bool = { true }
  ) throws(ScriptError) -> ConsoleMatch? {
    _ = followBoot()
    let visible = console.snapshot.visibleLength
    guard visible > length || column > 0 else { return nil }
    let file = open(console.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    let before = lastMatch
    let look = look(texts, in: file, until: visible, goOn)
    guard case .found(var match, let start) = look else {
      if case .none = look { length = visible }
      return nil
    }
    lastMatch = (lineOffset, column)
    if wantsBefore { match.before = try text(from: before, to: (lineOffset, start), in: file) }
    return match
  }

  private enum Look {
    case found(ConsoleMatch, start: Int)
    case none
    case stopped
  }

  private func look(
    _ texts: ConsoleTexts, in file: Int32, until visible: Int, _ goOn: () -> Bool
  ) -> Look {
    var buffer: [UInt8] = []
    while true {
      let end = lineOffset + buffer.count
      let isLast = end >= visible
      let (used, result) = buffer.withUnsafeBufferPointer { look(texts, in: $0, isLast, goOn) }
      if case .none = result {} else { return result }
      if isLast { return .none }
      buffer.removeFirst(used)
      let block = [UInt8](
        unsafeUninitializedCapacity: min(visible - end, Self.block)
      ) { block, count in
        count = max(0, pread(file, block.baseAddress, block.count, off_t(end)))
      }
      if block.isEmpty { return .none }
      buffer += block
    }
  }

  /// Looks at the whole lines, and at what there is of the last one if nothing follows it. Says how
  /// many bytes it is done with.
  private func look(
    _ texts: ConsoleTexts, in bytes: UnsafeBufferPointer<UInt8>, _ isLast: Bool,
    _ goOn: () -> Bool
  ) -> (used: Int, Look) {
    var lines = LineEnds(bytes)
    var begin = 0
    while true {
      let end: Int
      var ending: UInt8 = 0
      if let next = lines.next(from: begin), next - begin < Self.lineLimit {
        (end, ending) = (next, bytes[next])
      } else if bytes.count - begin >= Self.lineLimit {
        end = begin + Self.lineLimit
      } else {
        break
      }
      // Behind a carriage return, an end with nothing before it is that of the same line.
      let isRest = end == begin && (isBehindReturn || ending == 0x0d)
      if !isRest {
        let line = UnsafeBufferPointer(rebasing: bytes[begin..<end])
        let found = find(texts, in: line, isFinished: true, goOn)
        if case .none = found {} else { return (begin, found) }
      }
      let next = ending == 0 ? end : end + 1
      lineOffset += next - begin
      begin = next
      column = 0
      isBehindReturn = ending == 0x0d
      if ending == 0x0a { lineCount += 1 }
    }
    guard isLast, begin < bytes.count else { return (begin, .none) }
    let rest = UnsafeBufferPointer(rebasing: bytes[begin...])
    return (begin, find(texts, in: rest, isFinished: false, goOn))
  }

  private func find(
    _ texts: ConsoleTexts, in raw: UnsafeBufferPointer<UInt8>, isFinished: Bool,
    _ goOn: () -> Bool
  ) -> Look {
    guard ConsoleText.hasControls(raw) else { return find(texts, inPlain: raw, isFinished, goOn) }
    return ConsoleText.plain(raw).withUnsafeBufferPointer {
      find(texts, inPlain: $0, isFinished, goOn)
    }
  }

  private func find(
    _ texts: ConsoleTexts, inPlain line: UnsafeBufferPointer<UInt8>, _ isFinished: Bool,
    _ goOn: () -> Bool
  ) -> Look {
    guard column <= line.count else { return .none }
    switch texts.find(in: line, from: column, goOn: goOn) {
    case .none: return .none
    case .stopped: return .stopped
    case .found(let item, let found):
      let start = found.range.lowerBound
      // An empty match moves on too, or it would be found for ever.
      column = max(found.range.upperBound, column + 1)
      let match = ConsoleMatch(
        key: item.key, values: found.values(line), line: Array(line), isFinished: isFinished,
        number: lineCount + 1,
        column: start + 1, seconds: console.times.seconds(at: lineOffset))
      return .found(match, start: start)
    }
  }

  /// The text between two places, each a line's offset in the log and a column there; lines end as
  /// they did, but for carriage returns before line feeds.
  private func text(
    from start: (offset: Int, column: Int), to end: (offset: Int, column: Int), in file: Int32
  ) throws(ScriptError) -> [UInt8] {
    // The last line is read as far as it can be needed.
    let length = min(end.offset + Self.lineLimit, console.snapshot.length) - start.offset
    guard length <= Self.beforeLimit else {
      throw ScriptError(
        .command,
        "more than \(Self.beforeLimit >> 20) MiB of console text came before the match: look for"
          + " what comes in between, or write to a file in the guest")
    }
    let raw = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      count = 0
      while count < length {
        let more = pread(
          file, buffer.baseAddress! + count, length - count, off_t(start.offset + count))
        if more <= 0 { break }
        count += more
      }
    }
    let last = min(end.offset - start.offset, raw.count)
    var result: [UInt8] = []
    result.reserveCapacity(last + 256)
    raw.withUnsafeBufferPointer { bytes in
      var lines = LineEnds(bytes)
      var begin = 0
      var skipped = start.column
      while begin < last {
        let next = min(lines.next(from: begin) ?? last, last)
        result += ConsoleText.plain(UnsafeBufferPointer(rebasing: bytes[begin..<next]))
          .dropFirst(skipped)
        skipped = 0
        if next < last {
          let isReturn = bytes[next] == 0x0d
          let isBeforeEnd =
            isReturn && next + 1 < bytes.count && [0x0a, 0x0d].contains(bytes[next + 1])
          if !isBeforeEnd { result.append(bytes[next]) }
        }
        begin = next + 1
      }
      let line = ConsoleText.plain(UnsafeBufferPointer(rebasing: bytes[last...]))
      result += line.prefix(end.column).dropFirst(skipped)
    }
    return result
  }
}

/// Finds the ends of lines, line feeds and carriage returns, each byte looked at twice at most.
private struct LineEnds {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var feed = -1
  private var carriageReturn = -1

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The first at or behind `start`, which never goes back.
  mutating func next(from start: Int) -> Int? {
    if feed < start { feed = find(0x0a, start) }
    if carriageReturn < start { carriageReturn = find(0x0d, start) }
    let first = min(feed, carriageReturn)
    return first < bytes.count ? first : nil
  }

  private func find(_ byte: Int32, _ start: Int) -> Int {
    guard let base = bytes.baseAddress, start < bytes.count,
      let found = memchr(base + start, byte, bytes.count - start)
    else { return bytes.count }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }
}
