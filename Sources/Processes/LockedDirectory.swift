import CProcess
import Glibc

/// A directory that belongs to a run as long as the run lives: it holds a file `lock` with a lock
/// (flock(2)) that ends with its owner, however that ends. So it can be told from one whose owner
/// is dead, which a process id could not do: those are given again.
public final class LockedDirectory: Sendable {
  public let path: String

  /// How the names begin of what is being removed, or would be had its cleaner not died.
  public static let doomedPrefix = "doomed-"

  private let lock: DescriptorBox

  /// Makes `parent/name`, with mode 0700; nil if there is something of that name, or if a cleaner
  /// took it before it was locked: then try another name.
  public init?(parent: String, name: String) throws(ProcessError) {
    path = parent + "/" + name
    if mkdir(path, 0o700) != 0 {
      if errno == EEXIST { return nil }
      throw ProcessError.system("cannot make \(path)", errno)
    }
    // Between mkdir and here a cleaner may take the directory for a dead run's. It then locks the
    // file and gives the directory another name before it removes anything: so either there is
    // nothing to open here, or it has the lock, or the file is not found here any more, or we won.
    let number = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if number < 0 && errno == ENOENT { return nil }
    guard number >= 0 else {
      let code = errno
      rmdir(path)
      throw ProcessError.system("cannot make \(path)/lock", code)
    }
    let file = Descriptor(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0, Self.isFile(number, at: path + "/lock") else {
      return nil
    }
    lock = DescriptorBox(file)
  }

  /// Ends the ownership: what is still there may be removed by any cleaner.
  public func unlock() {
    // Closing would not do: a child that is between fork and exec has a copy for a moment.
    flock(lock.number, LOCK_UN)
    lock.close()
  }

  /// Removes the directory with all that is in it, if its owner is dead; false if the owner lives,
  /// and if it is not to be removed.
  @discardableResult
  public static func removeIfDead(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid()
    else { return false }
    let number = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { return false }
    let file = Descriptor(owning: number)
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0, isFile(file.number, at: path + "/lock") else {
      return false
    }
    let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    let doomed = parent + "/" + doomedPrefix + String(UInt64.random(in: 0 ... .max), radix: 36)
    guard rename(path, doomed) == 0 else { return false }
    return process_remove_tree(doomed) == 0
  }

  /// Whether the file is what is found under `path` now. It may have been made in a directory that
  /// a cleaner had just given another name: open(2) looks up the directory first, and then its file.
  private static func isFile(_ number: Int32, at path: String) -> Bool {
    var (opened, found) = (stat(), stat())
    return fstat(number, &opened) == 0 && lstat(path, &found) == 0
      && opened.st_ino == found.st_ino && opened.st_dev == found.st_dev
  }
}
