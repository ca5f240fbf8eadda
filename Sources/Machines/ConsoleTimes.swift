import Events
import Glibc
import Processes
import Synchronization

/// Notes when a console's text came, in a file beside the log, `console.times`. Each of its lines is
/// a JSON object: from byte `offset` of the log on, up to the next line's, the text came at `seconds`
/// or up to a millisecond later, in that boot. The lines are of one length, so that what belongs to
/// an offset is found by halving. May be used from any thread.
public final class ConsoleTimes: Sendable {
  /// Of one line, with its line feed.
  public static let width = 62
  /// Text that comes within so many nanoseconds of the last note gets none of its own.
  static let resolution: Int64 = 1_000_000

  private struct State {
    var count = 0
    var last = Instant(nanoseconds: .min)
    var isBroken = false
  }
  private let state = Mutex(State())
  private let file: Descriptor
  private let origin: Instant

  init(beside log: String, origin: Instant) throws(MachineError) {
    let path =
      log == Console.nowhere
      ? log : (log.hasSuffix(".log") ? String(log.dropLast(4)) : log) + ".times"
    let number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw .system(.missing, "the console's times '\(path)' cannot be written", errno)
    }
    file = Descriptor(owning: number)
    self.origin = origin
  }

  /// Text comes at `offset` now. `always`: also just behind the last note.
  func note(offset: Int, boot: Int, always: Bool = false) {
    let now = Instant.now
    state.withLock { state in
      guard !state.isBroken else { return }
      let isNear =
        state.count > 0 && now.nanoseconds - state.last.nanoseconds < Self.resolution
      if isNear && !always { return }
      let line = Self.line(now.seconds(since: origin), offset, boot)
      let written = line.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
      guard written == line.count else {
        // The disk is full: a half line would move the others.
        ftruncate(file.number, off_t(state.count * Self.width))
        state.isBroken = true
        return
      }
      state.count += 1
      state.last = now
    }
  }

  /// When the byte at `offset` of the log came, in seconds since the origin; nil when nothing was
  /// noted for it.
  public func seconds(at offset: Int) -> Double? {
    var (low, high) = (0, state.withLock { $0.count })
    var found: Double?
    while low < high {
      let middle = (low + high) / 2
      guard let (seconds, start) = entry(middle) else { return nil }
      if start <= offset {
        found = seconds
        low = middle + 1
      } else {
        high = middle
      }
    }
    return found
  }

  private func entry(_ index: Int) -> (seconds: Double, offset: Int)? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.width) { buffer, count in
      count = max(
        0, pread(file.number, buffer.baseAddress, Self.width, off_t(index * Self.width)))
    }
    return Self.entry(bytes)
  }

  /// What one line of such a file says; nil unless it is one.
  public static func entry(_ line: [UInt8]) -> (seconds: Double, offset: Int)? {
    guard line.count == width else { return nil }
    func field(_ range: Range<Int>) -> String {
      String(decoding: line[range].drop { $0 == 0x20 }, as: UTF8.self)
    }
    guard let seconds = Double(field(11..<24)), let offset = Int(field(34..<48)) else {
      return nil
    }
    return (seconds, offset)
  }

  static func line(_ seconds: Double, _ offset: Int, _ boot: Int) -> [UInt8] {
    let (seconds, boot) = (min(seconds, 999_999), min(boot, 9999))
    let text =
      "{\"seconds\":\(padded(fixed(seconds, 6), 13)),\"offset\":\(padded(String(offset), 14))"
      + ",\"boot\":\(padded(String(boot), 4))}\n"
    return Array(text.utf8)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  /// With so many digits behind the point.
  public static func fixed(_ number: Double, _ digits: Int) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((max(0, min(number, 1e9)) * Double(scale)).rounded())
    let rest = String(whole % scale)
    return "\(whole / scale)." + String(repeating: "0", count: digits - rest.utf8.count) + rest
  }
}
