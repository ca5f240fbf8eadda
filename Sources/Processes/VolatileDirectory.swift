import Events
import Glibc

/// A directory that lasts as long as the run and not longer: its end, SIGKILL included, removes it,
/// and where even the guardian was killed, the next run does.
@Supervisor public final class VolatileDirectory {
  public enum Place: Sendable, CaseIterable {
    /// For sockets and small state: $XDG_RUNTIME_DIR, or /tmp. Often memory, and the paths are
    /// short: a socket's holds 107 bytes (unix(7)).
    case runtime
    /// For what may be large, as overlays of disks: $TMPDIR, or /var/tmp.
    case disk
  }

  public nonisolated let path: String
  private var directory: LockedDirectory?

  private static var made: [Place: VolatileDirectory] = [:]

  /// The run's own, made when first asked for.
  public static func ofRun(_ place: Place = .runtime) throws(ProcessError) -> VolatileDirectory {
    if let directory = made[place], directory.directory != nil { return directory }
    let directory = try VolatileDirectory(place)
    made[place] = directory
    return directory
  }

  /// Makes a new one.
  public init(_ place: Place = .runtime) throws(ProcessError) {
    let base = try Self.ownBase(place)
    while true {
      let name = "\(getpid())-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
      let candidate = base + "/" + name
      // First told, then made: there is no moment in which nobody would remove it.
      try Guardian.add(directory: candidate)
      do throws(ProcessError) {
        if let made = try LockedDirectory(parent: base, name: name) {
          directory = made
          path = candidate
          return
        }
      } catch {
        Guardian.remove(directory: candidate)
        throw error
      }
      Guardian.remove(directory: candidate)
    }
  }

  /// A path in it that nothing has yet: `hint`, with a number if need be.
  public func freshPath(_ hint: String) -> String {
    var candidate = path + "/" + hint
    var number = 2
    while access(candidate, F_OK) == 0 || !given.insert(candidate).inserted {
      candidate = path + "/\(hint)-\(number)"
      number += 1
    }
    return candidate
  }
  private var given: Set<String> = []

  /// Removes it with all that is in it, now.
  public func remove() {
    guard let directory else { return }
    self.directory = nil
    try? Folder.remove(path)
    directory.unlock()
    Guardian.remove(directory: path)
  }

  /// How a path in the run's own directory looks, where none is made.
  public nonisolated static func rehearsedPath(_ name: String, in place: Place = .disk) -> String {
    "\(base(place))/<run>/\(name)"
  }

  /// Removes all that this run made; at its end.
  public static func removeAll() {
    for directory in made.values { directory.remove() }
    made = [:]
  }

  /// Those of all runs that are there, dead ones among them.
  public nonisolated static func paths(_ place: Place) -> [String] {
    let base = base(place)
    guard isOwn(base) else { return [] }
    return Folder.names(in: base).filter { !$0.hasPrefix(LockedDirectory.doomedPrefix) }
      .map { base + "/" + $0 }
  }

  /// Removes what runs that are dead have left. Not quick, if that is much: not for the
  /// supervisor's thread.
  public nonisolated static func removeStale() {
    for place in Place.allCases {
      let base = base(place)
      guard isOwn(base) else { continue }
      for name in Folder.names(in: base) { LockedDirectory.removeIfDead(base + "/" + name) }
    }
  }

  private nonisolated static func base(_ place: Place) -> String {
    parent(place) + "/vmscript-\(geteuid())"
  }

  /// The directory in which a user's own is made.
  public nonisolated static func parent(_ place: Place) -> String {
    switch place {
    case .runtime:
      // Absent after `su`, for example, though the variable is set.
      Folder.variable("XDG_RUNTIME_DIR").flatMap { access($0, W_OK) == 0 ? $0 : nil } ?? "/tmp"
    case .disk: Folder.variable("TMPDIR") ?? "/var/tmp"
    }
  }

  private static func ownBase(_ place: Place) throws(ProcessError) -> String {
    let base = base(place)
    if mkdir(base, 0o700) != 0 && errno != EEXIST {
      throw ProcessError.system("cannot make \(base)", errno)
    }
    guard isOwn(base) else {
      throw ProcessError(
        .launch, "\(base) is not a directory that is yours alone (mode 0700): remove it")
    }
    return base
  }

  /// In a directory that anybody can write, somebody else may have been first.
  private nonisolated static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }
}
