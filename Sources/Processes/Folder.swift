import CProcess
import Glibc

/// What Glibc alone makes long-winded.
public enum Folder {
  /// The names in a directory, sorted; none if it cannot be read.
  public static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a directory and those above it, with mode 0700 as the XDG base directory specification
  /// wants it; content if it is there.
  public static func make(_ path: String) throws(ProcessError) {
    if mkdir(path, 0o700) == 0 { return }
    let code = errno
    if code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try make(String(path[..<slash]))
      if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
      throw ProcessError.system("cannot make \(path)", errno)
    }
    var status = stat()
    if code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw ProcessError.system("cannot make \(path)", code == EEXIST ? ENOTDIR : code)
  }

  /// Whether files can be made in a directory, or it could be made first.
  public static func canWrite(_ path: String) -> Bool {
    if access(path, F_OK) == 0 { return access(path, W_OK | X_OK) == 0 }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/") else { return false }
    return canWrite(slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  /// Bytes that its file system has for this user, of a directory that is there or could be made; nil if
  /// that cannot be told.
  public static func room(_ path: String) -> UInt64? {
    var status = statvfs()
    if statvfs(path, &status) == 0 { return UInt64(status.f_bavail) * UInt64(status.f_frsize) }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), path != "/" else { return nil }
    return room(slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  /// Removes a file, or a directory with all that is in it. Follows no symbolic link and leaves
  /// what is mounted there alone; content if nothing is there.
  public static func remove(_ path: String) throws(ProcessError) {
    let code = process_remove_tree(path)
    if code != 0 { throw ProcessError.system("cannot remove \(path)", code) }
  }

  /// The value of an environment variable that names a directory: nil unless it is an absolute
  /// path (others are to be ignored, says the XDG base directory specification).
  public static func variable(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }), value.hasPrefix("/") else {
      return nil
    }
    return value
  }

  /// $HOME, or what the user database says; nil if neither does.
  public static var home: String? {
    if let home = variable("HOME") { return home }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4096)
    guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      return nil
    }
    return String(cString: entry.pw_dir)
  }
}
