import Events
import Glibc
import Notation
import Processes
import Synchronization

/// What a run leaves behind to be read: a directory of logs that survives it, under
/// `$XDG_STATE_HOME/vmscript/runs` (by default in ~/.local/state), of which the newest twenty are
/// kept. Nothing is made before it is needed. May be used from any thread.
public final class RunRecord: Sendable {
  public static let kept = 20

  private struct State: ~Copyable {
    var directory: LockedDirectory?
    var log: Descriptor?
    var machines: [String: String] = [:]
  }
  private let state = Mutex(State())
  private let scriptName: String
  private let parent: String?
  private let kept: Int
  private let isKept: Bool
  /// What is told to it before there is a directory is kept until then.
  public let timeline: Timeline
  /// What the first line of the timeline says, besides time and place.
  private let beginning: [JSON.Member]

  /// `scriptName` is a script's path or name; its last part becomes part of the directory's name.
  /// `parent` stands for the usual place of all records, of which `kept` stay. One that is not kept makes
  /// no directory: all that would is an error. `complain` is told once, on the supervisor, when the
  /// timeline cannot be written.
  public init(
    scriptName: String, parent: String? = nil, isKept: Bool = true, kept: Int = RunRecord.kept,
    origin: Instant = .now, beginning: [JSON.Member] = [],
    complain: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    timeline = Timeline(origin: origin, complain: complain)
    self.kept = kept
    self.isKept = isKept
    self.beginning = beginning
    let file = scriptName.split(separator: "/").last.map(String.init) ?? ""
    self.scriptName = Self.fileName(file.hasSuffix(".lua") ? String(file.dropLast(4)) : file)
    self.parent = parent ?? Self.usualParent
  }

  /// The directory, if anything has been recorded.
  public var path: String? { state.withLock { $0.directory?.path } }

  /// The directory, made now if it was not.
  public func directory() throws(RecordError) -> String {
    try state.withLock { state throws(RecordError) in try directory(&state) }
  }

  /// A machine's (or any child's) directory in it. Names that would be the same to the file system
  /// get different ones.
  public func directory(for machine: String) throws(RecordError) -> String {
    try state.withLock { state throws(RecordError) in
      if let path = state.machines[machine] { return path }
      let root = try directory(&state)
      let base = root + "/" + Self.fileName(machine)
      var path = base
      var number = 2
      while mkdir(path, 0o700) != 0 {
        guard errno == EEXIST else { throw Self.failure("cannot make \(path)", errno) }
        path = base + "-\(number)"
        number += 1
      }
      state.machines[machine] = path
      return path
    }
  }

  /// Another machine may have the name from now on, and has a directory of its own.
  public func forget(_ machine: String) { state.withLock { $0.machines[machine] = nil } }

  /// Appends a line to the record's `run.log`.
  public func append(_ line: String) throws(RecordError) {
    try state.withLock { state throws(RecordError) in
      let path = try directory(&state) + "/run.log"
      do throws(ProcessError) {
        if state.log == nil {
          state.log = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        }
        try state.log?.writeAll((line + "\n").utf8)
      } catch {
        throw Self.advise(error.message)
      }
    }
  }

  private func directory(_ state: inout State) throws(RecordError) -> String {
    if let directory = state.directory { return directory.path }
    guard isKept else { throw RecordError("a plan leaves no record") }
    guard let parent else {
      throw RecordError("there is no home directory for this run's logs: set XDG_STATE_HOME")
    }
    do throws(ProcessError) {
      try Folder.make(parent)
      let stem = "\(Self.timestamp())-\(scriptName)-\(getpid())"
      var name = stem
      var number = 2
      while true {
        if let made = try LockedDirectory(parent: parent, name: name) {
          state.directory = made
          timeline.begin(made.path + "/timeline.jsonl", first(made.path))
          removeOld(in: parent)
          return made.path
        }
        name = "\(stem)-\(number)"
        number += 1
      }
    } catch {
      throw Self.advise(error.message)
    }
  }

  /// The time of day is that of the run's beginning: nothing else depends on that clock.
  private func first(_ path: String) -> [JSON.Member] {
    [JSON.Member("phase", "begin"), JSON.Member("schema", 1)] + beginning + [
      JSON.Member("time", .string(startTime)), JSON.Member("directory", .string(path)),
      JSON.Member("pid", .integer(Int64(getpid()))),
    ]
  }

  /// As 2026-01-31T23:59:59.123Z.
  private var startTime: String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let start =
      Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
      - Int64(Instant.now.seconds(since: timeline.origin) * 1000)
    let milliseconds = String(start % 1000)
    return Self.date(time_t(start / 1000), "-", ":") + "."
      + String(repeating: "0", count: 3 - milliseconds.count) + milliseconds + "Z"
  }

  /// The end of the timeline, and `run.json`: `last` is what they say of the end, `more` what that file
  /// alone says. Nothing if there is no directory.
  @Supervisor public func end(_ last: [JSON.Member], _ more: [JSON.Member]) {
    guard let path else { return }
    timeline.tell(.run, [JSON.Member("phase", "end")] + last)
    timeline.write()
    let seconds = Instant.now.seconds(since: timeline.origin)
    let run = JSON.object(
      first(path).filter { $0.name != "phase" } + last
        + [JSON.Member("seconds", .seconds(seconds))] + more)
    // A disk that takes nothing was complained of with the timeline.
    try? Self.write(run.encoded(indent: 2) + "\n", to: path + "/run.json")
  }

  /// Whole or not at all: others look whether it is there.
  public static func write(_ text: String, to path: String) throws(RecordError) {
    let draft = path + ".part"
    do throws(ProcessError) {
      let file = try Descriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
      try file.writeAll(text.utf8)
    } catch {
      unlink(draft)
      throw advise(error.message)
    }
    guard rename(draft, path) == 0 else { throw failure("cannot make \(path)", errno) }
  }

  /// Those of living runs stay, whatever their number.
  private func removeOld(in parent: String) {
    let names = Folder.names(in: parent)
    // A name begins with its time, so that the order of names is that of time.
    let records = names.filter { $0.first?.isASCII == true && $0.first?.isNumber == true }
    let left = names.filter { $0.hasPrefix(LockedDirectory.doomedPrefix) }
    for name in left + records.dropLast(kept) { LockedDirectory.removeIfDead(parent + "/" + name) }
  }

  /// Where records are kept unless another place is named; nil if there is no home directory.
  public static var usualParent: String? {
    if let state = Folder.variable("XDG_STATE_HOME") { return state + "/vmscript/runs" }
    return Folder.home.map { $0 + "/.local/state/vmscript/runs" }
  }

  /// As 20260131T235959Z.
  private static func timestamp() -> String { date(time(nil), "", "") + "Z" }

  /// In UTC, with these between its numbers.
  private static func date(_ time: time_t, _ dash: String, _ colon: String) -> String {
    var time = time
    var parts = tm()
    gmtime_r(&time, &parts)
    func digits(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return [String(parts.tm_year + 1900), digits(parts.tm_mon + 1), digits(parts.tm_mday)]
      .joined(separator: dash) + "T"
      + [digits(parts.tm_hour), digits(parts.tm_min), digits(parts.tm_sec)]
      .joined(separator: colon)
  }

  /// What may stand in a path: letters, digits, and `._-` but for a leading dot; at most 64.
  private static func fileName(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(64).map { scalar in
      let isSafe =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
      return isSafe ? Character(scalar) : "_"
    }
    let name = String(safe)
    return name.isEmpty ? "_" : name.hasPrefix(".") ? "_" + name.dropFirst() : name
  }

  private static func failure(_ what: String, _ code: Int32) -> RecordError {
    advise(ProcessError.system(what, code).message)
  }

  private static func advise(_ message: String) -> RecordError {
    RecordError(
      "this run's logs cannot be kept: \(message); XDG_STATE_HOME can name another place")
  }
}
