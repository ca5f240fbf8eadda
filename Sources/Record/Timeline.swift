import Events
import Glibc
import Notation
import Processes
import Synchronization

/// What happens in a run, line by line, in the record's `timeline.jsonl` (docs/record.md). Who tells of
/// something puts it into a buffer and goes on; the supervisor writes that 50 ms later, or at once when
/// it is long. Until there is a directory what happens is kept. May be used from any thread.
public final class Timeline: Sendable {
  /// What a line is about.
  public enum Kind: String, CaseIterable, Sendable {
    case run, process, machine, console, qmp, step, task, wait, command, network, note, lost
  }

  /// Seconds until something told is in the file.
  static let delay = 0.05
  /// Seconds until a write that failed is tried again.
  static let patience = 1.0
  /// A buffer of so many bytes is written at once.
  static let portion = 32 << 10
  /// Kept while there is no directory, and while the disk is full or slow, in bytes.
  static let earlyLimit = 64 << 10
  static let limit = 1 << 20

  private struct State: ~Copyable {
    var file: Descriptor?
    /// Told and not written yet.
    var pending: [UInt8] = []
    var lost = 0
    /// A write comes within the delay; one comes at once; one waits for a disk that took nothing.
    var isTimed = false
    var isPosted = false
    var isBroken = false
    var hasComplained = false
    var allowances: [Kind: Allowance] = [:]
  }
  private let state = Mutex(State())
  /// What the times are counted from.
  public let origin: Instant
  private let complain: @Sendable (String) -> Void

  /// `complain` is told once, on the supervisor, when the file cannot be written.
  public init(origin: Instant, complain: @escaping @Sendable (String) -> Void = { _ in }) {
    self.origin = origin
    self.complain = complain
  }

  /// Whether one more of this kind may be told now; if not, it is counted as lost. What ends it later is
  /// to be told if its beginning was.
  public func admits(_ kind: Kind) -> Bool {
    state.withLock { state in
      guard state.file != nil || state.pending.count < Self.earlyLimit,
        state.allowances[kind, default: Allowance(perSecond: kind == .command ? 1000 : 100)]
          .take(at: .now)
      else {
        state.lost += 1
        return false
      }
      return true
    }
  }

  /// Tells what happens now, or happened at `time`; members that are nil are left out.
  public func tell(
    _ kind: Kind, at time: Instant? = nil, _ members: KeyValuePairs<String, JSON?>
  ) {
    let members = members.compactMap { name, value in value.map { JSON.Member(name, $0) } }
    tell(kind, at: time, members)
  }

  public func tell(_ kind: Kind, at time: Instant? = nil, _ members: [JSON.Member]) {
    let rest = Self.rest(kind, members)
    state.withLock { state in
      guard state.pending.count + rest.utf8.count < Self.limit else {
        state.lost += 1
        return
      }
      // Read here, so that lines of both threads stand in their order.
      append(&state, time ?? .now, rest)
      setWrite(&state)
    }
  }

  /// The line behind its time.
  private static func rest(_ kind: Kind, _ members: [JSON.Member]) -> String {
    JSON.object([JSON.Member("kind", .string(kind.rawValue))] + members).encoded
  }

  private func append(_ state: inout State, _ time: Instant, _ rest: String) {
    state.pending.append(contentsOf: "{\"t\":\(seconds(time)),".utf8)
    state.pending.append(contentsOf: rest.utf8.dropFirst())
    state.pending.append(0x0a)
  }

  /// With six digits behind the point.
  private func seconds(_ time: Instant) -> String {
    let micros = max(0, (time.nanoseconds - origin.nanoseconds) / 1000)
    let digits = String(micros % 1_000_000)
    return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
  }

  // MARK: Writing

  /// Goes on in this file, of which `first` is the first line.
  func begin(_ path: String, _ first: [JSON.Member]) {
    let line = Self.rest(.run, first)
    var problem: String?
    state.withLock { state in
      do throws(ProcessError) {
        state.file = try Descriptor.open(
          path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o600)
      } catch {
        problem = error.message
      }
      let early = state.pending
      state.pending = []
      append(&state, origin, line)
      state.pending += early
      setWrite(&state)
    }
    if let problem { Supervisor.post { self.complainOnce(problem) } }
  }

  private func setWrite(_ state: inout State) {
    guard state.file != nil, !state.isBroken else { return }
    if state.pending.count >= Self.portion {
      guard !state.isPosted else { return }
      state.isPosted = true
      Supervisor.post { self.write() }
    } else if !state.isTimed {
      state.isTimed = true
      Supervisor.post { Timer(at: .after(Self.delay)) { self.write() } }
    }
  }

  /// Writes what was told. A disk that takes no more is tried again now and then.
  @Supervisor public func write() {
    // Only the supervisor writes: nobody who tells something waits for the disk.
    let (bytes, number) = state.withLock { state in take(&state) }
    guard number >= 0, !bytes.isEmpty else { return }
    var written = 0
    var code: Int32 = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Glibc.write(number, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        code = count < 0 ? errno : ENOSPC
        break
      }
      written += count
    }
    state.withLock { state in
      state.isBroken = code != 0
      if code != 0 { state.pending.insert(contentsOf: bytes[written...], at: 0) }
    }
    guard code != 0 else { return }
    Timer(at: .after(Self.patience)) { self.write() }
    complainOnce(String(cString: strerror(code)))
  }

  /// What is to be written, and where.
  private func take(_ state: inout State) -> (bytes: [UInt8], number: Int32) {
    state.isTimed = false
    state.isPosted = false
    guard let number = state.file?.number else { return ([], -1) }
    if state.lost > 0, state.pending.count < Self.limit / 2 {
      let lost = JSON.Member("lines", .integer(Int64(state.lost)))
      append(&state, .now, Self.rest(.lost, [lost]))
      state.lost = 0
    }
    defer { state.pending = [] }
    return (state.pending, number)
  }

  @Supervisor private func complainOnce(_ problem: String) {
    let isFirst = state.withLock { state in
      defer { state.hasComplained = true }
      return !state.hasComplained
    }
    guard isFirst else { return }
    complain(
      "this run's timeline cannot be written: \(problem); the run goes on, and what there is memory"
        + " for is written when there is room")
  }
}

extension JSON {
  /// A time or a length of time, to the microsecond.
  public static func seconds(_ seconds: Double) -> JSON {
    .number((seconds * 1e6).rounded() / 1e6)
  }
}
