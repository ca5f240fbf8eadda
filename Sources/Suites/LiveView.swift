import Events
import Machines

/// What is shown at the foot of a terminal while a suite runs: what runs, for how long, and what it
/// waits for.
public struct LiveView: Sendable {
  private var running: [RunningFile] = []
  private var done = 0
  private var counts = SuiteResult()
  private let total: Int?
  private let started = Instant.now
  private var stopping: String?

  /// `total` nil: there is no end to the files.
  public init(total: Int?) { self.total = total }

  public mutating func take(_ event: SuiteEvent) {
    switch event {
    case .began(let file): running.append(file)
    case .changed(let file):
      if let index = running.firstIndex(where: { $0.id == file.id }) { running[index] = file }
    case .ended(let file, let result):
      running.removeAll { $0.id == file.id }
      done += 1
      if let result { counts.add(result) }
    case .stopping(let reason): stopping = reason
    case .resized, .suspending, .resumed, .done: break
    }
  }

  /// Lines that have room in so many columns and rows.
  public func lines(columns: Int, rows: Int, at now: Instant = .now) -> [String] {
    // The last column would move some terminals to the next line.
    let width = max(1, columns - 1)
    let room = max(1, rows - 2)
    let shown = running.count <= room ? running[...] : running.prefix(max(0, room - 1))
    var lines = shown.map { line($0, width, now) }
    if shown.count < running.count {
      lines.append(Columns.cut("… and \(running.count - shown.count) more", to: width))
    }
    return lines + [Columns.cut(summary(width, now), to: width)]
  }

  private func line(_ file: RunningFile, _ width: Int, _ now: Instant) -> String {
    let time = Self.shown(now.seconds(since: file.since))
    var title =
      width < 50 ? file.title.split(separator: "/").last.map(String.init) ?? "" : file.title
    if let test = file.test { title += ": " + test }
    if file.attempt > 1 { title += " (try \(file.attempt))" }
    if let first = file.waits.first {
      title += " – " + first + (file.waits.count > 1 ? " and \(file.waits.count - 1) more" : "")
    }
    let pad = String(repeating: " ", count: max(0, 6 - time.count))
    return Columns.cut("\(pad)\(time)  \(Console.sanitised(title.utf8))", to: width)
  }

  private func summary(_ width: Int, _ now: Instant) -> String {
    let time = Self.shown(now.seconds(since: started))
    let files = total.map { "\(done)/\($0)" } ?? "\(done)"
    let failed = counts.failed > 0 ? ", \(counts.failed) failed" : ""
    if let stopping { return "\(files)\(failed), ending: \(Console.sanitised(stopping.utf8))" }
    if width < 40 { return "\(files)\(failed) \(time)" }
    let more = counts.tests > 0 ? "; tests: \(counts.counts)" : ""
    return "\(files) files, \(running.count) running, \(time)\(more)"
  }

  /// "9 s", "1:05 m", "2:10 h".
  static func shown(_ seconds: Double) -> String {
    let seconds = Int(max(0, min(seconds, 1e9)))
    func pair(_ large: Int, _ small: Int, _ unit: String) -> String {
      "\(large):\(small < 10 ? "0" : "")\(small) \(unit)"
    }
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return pair(seconds / 60, seconds % 60, "m") }
    return pair(seconds / 3600, seconds / 60 % 60, "h")
  }

  /// How many rows the lines take when a terminal that has become narrower has wrapped them.
  public static func rows(_ lines: [String], columns: Int) -> Int {
    lines.reduce(0) { $0 + max(1, (Columns.width($1) + columns - 1) / max(1, columns)) }
  }
}
