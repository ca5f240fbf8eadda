import Glibc
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

  /// `scriptName` is a script's path or name; its last part becomes part of the directory's name.
  /// `parent` stands for the usual place of all records.
  public init(scriptName: String, parent: String? = nil) {
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
          Self.removeOld(in: parent)
          return made.path
        }
        name = "\(stem)-\(number)"
        number += 1
      }
    } catch {
      throw Self.advise(error.message)
    }
  }

  /// Those of living runs stay, whatever their number.
  private static func removeOld(in parent: String) {
    let names = Folder.names(in: parent)
    // A name begins with its time, so that the order of names is that of time.
    let records = names.filter { $0.first?.isASCII == true && $0.first?.isNumber == true }
    let left = names.filter { $0.hasPrefix(LockedDirectory.doomedPrefix) }
    for name in left + records.dropLast(kept) { LockedDirectory.removeIfDead(parent + "/" + name) }
  }

  /// Where records are kept unless the program is told; nil without a home.
  public static var usualParent: String? {
    if let state = Folder.variable("XDG_STATE_HOME") { return state + "/vmscript/runs" }
    return Folder.home.map { $0 + "/.local/state/vmscript/runs" }
  }

  /// As 20260131T235959Z.
  private static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func digits(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(parts.tm_year + 1900)\(digits(parts.tm_mon + 1))\(digits(parts.tm_mday))T"
      + "\(digits(parts.tm_hour))\(digits(parts.tm_min))\(digits(parts.tm_sec))Z"
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
