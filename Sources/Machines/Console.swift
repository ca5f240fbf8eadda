import Events
import Glibc
import Processes
import Synchronization

/// Keeps a machine's console: drains it into a log, always, and tells how far that has come.
@Supervisor public final class Console {
  /// Silence after which an unfinished line counts, in seconds: a prompt has no line feed.
  static let silence = 0.05
  /// An unfinished line that is longer counts without it, in bytes.
  static let longLine = 1 << 16
  /// Typed and not yet taken by the guest, at most, in bytes.
  static let queueLimit = 1 << 20

  /// The log of what is only rehearsed.
  nonisolated static let nowhere = "/dev/null"

  /// The log file: raw bytes, all boots one after the other.
  public nonisolated let path: String
  /// When it came.
  public nonisolated let times: ConsoleTimes
  /// Set at each change of the snapshot.
  public nonisolated let changed = Event<ConsoleSnapshot>()
  /// The line of this boot that tells of a kernel's panic.
  public private(set) var panicLine: String?
  /// Called when the boot comes to a phase that shows here.
  var onBoot: (BootPhase) -> Void = { _ in }
  /// Called with what the guest prints, besides the log.
  var onBytes: ([UInt8]) -> Void = { _ in }

  private var taps: [UInt64: @Supervisor ([UInt8]) -> Void] = [:]
  private var lastTap: UInt64 = 0

  private nonisolated let state = Mutex(ConsoleSnapshot())
  private let log: Descriptor
  /// Tells the run's timeline.
  private var lines: ConsoleLines?
  private var scanner = BootScanner()
  private var streams: [ByteStream] = []
  private var silenceTimer: Timer?
  private var panic = PanicScanner()
  private var forbidden = TextScanner()
  private var forbiddenTexts: [[UInt8]] = []
  private var onForbidden: @Supervisor (_ text: String, _ line: String) -> Void = { _, _ in }
  /// What was found, where in the log, and not reported yet.
  private var finding: (text: String, offset: Int)?

  /// `origin` is what its times are counted from.
  init(path: String, origin: Instant, lines: ConsoleLines? = nil) throws(MachineError) {
    self.path = path
    self.lines = lines
    let flags = O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
    let number = open(path, flags, 0o644)
    guard number >= 0 else {
      throw .system(.missing, "the console's log '\(path)' cannot be written", errno)
    }
    log = Descriptor(owning: number)
    times = try ConsoleTimes(beside: path, origin: origin)
  }

  /// May be read from any thread.
  public nonisolated var snapshot: ConsoleSnapshot { state.withLock { $0 } }

  /// Types; what the guest does not take at once is queued. Errors of kind command when there is no
  /// console, or when its queue is full because the guest takes nothing.
  public func send(_ bytes: [UInt8]) throws(MachineError) {
    guard let stream = streams.first, !stream.hasEnded else {
      throw MachineError(.command, "the machine is not running: nobody reads its console")
    }
    guard bytes.count <= Self.queueLimit else {
      throw MachineError(
        .command, "\(bytes.count) bytes are too many to type at once: \(Self.queueLimit) may wait")
    }
    guard stream.queuedCount + bytes.count <= Self.queueLimit else {
      throw MachineError(
        .command, "the guest does not read its console: \(stream.queuedCount) bytes wait already")
    }
    stream.send(bytes)
  }

  /// A line that may be shown on a terminal, and when it came.
  public struct Line: Sendable {
    public var text: String
    /// Since the origin; nil when that was not noted.
    public var seconds: Double?

    public init(text: String, seconds: Double?) {
      self.text = text
      self.seconds = seconds
    }

    /// "    1.88 │ text", for a report.
    public var timed: String {
      let time = seconds.map { ConsoleTimes.fixed($0, 2) } ?? ""
      return "\(String(repeating: " ", count: max(0, 8 - time.utf8.count)))\(time) │ \(text)"
    }
  }

  /// The last lines of this boot that are not empty, fit for a terminal.
  public func lastLines(_ count: Int = 10) -> [Line] {
    let snapshot = snapshot
    let start = max(snapshot.bootOffset, snapshot.length - (64 << 10))
    let bytes = [UInt8](unsafeUninitializedCapacity: snapshot.length - start) { buffer, filled in
      filled = max(0, pread(log.number, buffer.baseAddress, buffer.count, off_t(start)))
    }
    let lines = bytes.split(separator: 0x0a).compactMap { line -> (at: Int, text: String)? in
      let text = Self.sanitised(line)
      return text.isEmpty ? nil : (start + line.startIndex, text)
    }
    return lines.suffix(count).map { Line(text: $0.text, seconds: times.seconds(at: $0.at)) }
  }

  /// Calls `handler` with what the guest prints, over all boots, until the subscription ends.
  public func tap(_ handler: @escaping @Supervisor ([UInt8]) -> Void) -> Subscription {
    lastTap += 1
    let id = lastTap
    taps[id] = handler
    return Subscription { [weak self] in Supervisor.post { self?.taps[id] = nil } }
  }

  /// The last lines, for who comes to look at it, and the one that is not finished, as a prompt is. Fit for
  /// a terminal.
  public var recent: [UInt8] {
    let snapshot = snapshot
    let start = max(snapshot.bootOffset, snapshot.length - 4096)
    let bytes = [UInt8](unsafeUninitializedCapacity: snapshot.length - start) { buffer, filled in
      filled = max(0, pread(log.number, buffer.baseAddress, buffer.count, off_t(start)))
    }
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).suffix(10)
    return Array(lines.map { Self.sanitised($0) }.joined(separator: "\n").utf8)
  }

  /// Calls `handler` once a boot if it shows one of the texts, with that and its line.
  func forbid(_ texts: [[UInt8]], handler: @escaping @Supervisor (String, String) -> Void) {
    forbiddenTexts = texts
    forbidden = TextScanner(texts)
    onForbidden = handler
  }

  /// Begins a boot on these sockets; what is typed goes to the first. `tap` is told what comes from
  /// which.
  func attach(
    _ sockets: [DescriptorBox], tap: @escaping @Supervisor (Int, [UInt8]) -> Void = { _, _ in }
  ) {
    streams = sockets.map { ByteStream($0.take()!) }
    for (index, stream) in streams.enumerated() {
      stream.onBytes = { [weak self] bytes in
        tap(index, bytes)
        self?.take(bytes)
      }
    }
    beginBoot()
  }

  func beginBoot() {
    panicLine = nil
    panic = PanicScanner()
    scanner = BootScanner()
    lines?.endLine()
    forbidden = TextScanner(forbiddenTexts)
    change { state in
      state.boot += 1
      state.bootOffset = state.length
      state.visibleLength = state.length
    }
    times.note(offset: snapshot.length, boot: snapshot.boot, always: true)
  }

  /// Takes what is there now, before the loop comes to it.
  func drain() {
    for stream in streams { stream.drain(1 << 20) }
  }

  /// Takes what a machine that has ended had still said, and closes.
  func finish() {
    for stream in streams {
      stream.drain()
      stream.close()
    }
    streams = []
    silenceTimer?.cancel()
    reportForbidden()
    lines?.endLine()
    panicLine = panicLine ?? panic.unfinished
    change { $0.visibleLength = $0.length }
  }

  private func change(_ body: (inout ConsoleSnapshot) -> Void) {
    let snapshot = state.withLock { state in
      body(&state)
      return state
    }
    changed.set(snapshot)
  }

  private func reportForbidden() {
    guard let finding else { return }
    self.finding = nil
    onForbidden(finding.text, line(around: finding.offset))
  }

  /// The log's line at an offset, or what is near of a very long one.
  private func line(around offset: Int) -> String {
    let start = max(snapshot.bootOffset, offset - 1024)
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
      filled = max(0, pread(log.number, buffer.baseAddress, buffer.count, off_t(start)))
    }
    let at = min(offset - start, bytes.count)
    let begin = bytes[..<at].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let end = bytes[at...].firstIndex(of: 0x0a) ?? bytes.count
    return Self.sanitised(bytes[begin..<end])
  }

  private func take(_ bytes: [UInt8]) {
    onBytes(bytes)
    for tap in taps.values { tap(bytes) }
    for phase in scanner.find(in: bytes) { onBoot(phase) }
    lines?.take(bytes)
    panicLine = panicLine ?? panic.find(in: bytes)
    if finding == nil, let found = forbidden.find(in: bytes) {
      let text = "text '\(Self.sanitised(found.text))'"
      finding = (text, snapshot.length + found.offset)
      // The rest of the line is worth that moment.
      Timer(at: .after(Self.silence)) { [weak self] in self?.reportForbidden() }
    }
    let (written, error) = write(bytes)
    if written > 0 { times.note(offset: snapshot.length, boot: snapshot.boot) }
    guard written > 0 || error != 0 else { return }
    silenceTimer?.cancel()
    let end = bytes[..<written].lastIndex { $0 == 0x0a || $0 == 0x0d }
    change { state in
      if let end { state.visibleLength = state.length + end + 1 }
      state.length += written
      if error != 0 || state.length - state.visibleLength > Self.longLine {
        state.visibleLength = state.length
      }
      state.logError = error
    }
    if snapshot.visibleLength < snapshot.length {
      silenceTimer = Timer(at: .after(Self.silence)) { [weak self] in
        self?.change { $0.visibleLength = $0.length }
        self?.lines?.pause()
      }
    }
  }

  /// Writes to the log, until that once fails: what came behind a gap would be matched with what
  /// stands before it. The guest does not stall for it.
  private func write(_ bytes: [UInt8]) -> (written: Int, error: Int32) {
    guard snapshot.logError == 0 else { return (0, 0) }
    var written = 0
    while written < bytes.count {
      let number = log.number
      let count = bytes[written...].withUnsafeBytes {
        Glibc.write(number, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      // A disk that is full first takes a part.
      if count <= 0 { return (written, count < 0 ? errno : ENOSPC) }
      written += count
    }
    return (written, 0)
  }
}
