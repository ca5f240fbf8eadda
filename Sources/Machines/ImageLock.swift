import Glibc
import Processes

/// QEMU's locks on images: it locks single bytes of the file, one for each thing that it does or
/// will not let others do (block/file-posix.c, RAW_LOCK_PERM_BASE and RAW_LOCK_SHARED_BASE).
enum ImageLock {
  /// That of a writer, and that of one who shares its reading with nobody.
  private static let bytes: [off_t] = [101, 200]
  /// F_OFD_GETLK of fcntl(2), which Swift's Glibc does not have.
  private static let getLock: Int32 = 36

  /// Finds out whether another process writes to the image, which may be one of any format.
  static func check(_ path: String) throws(MachineError) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return }
    defer { close(file) }
    for byte in bytes {
      var lock = flock(
        l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: byte, l_len: 1, l_pid: 0)
      guard fcntl(file, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { continue }
      throw inUse(path)
    }
  }

  /// The image is somebody else's: says whose, when that can be seen.
  static func inUse(_ path: String) -> MachineError {
    let who = owner(path).map { "process \($0.pid) (\($0.command)) has it open" }
    return MachineError(
      .usage,
      "disk '\(path)' is in use: \(who ?? "another process has it locked"); end that, or give this"
        + " machine a copy")
  }

  /// The process that has a file open, as /proc tells; nil if there is none or it is another user's.
  private static func owner(_ path: String) -> PortOwner? {
    var wanted = stat()
    guard stat(path, &wanted) == 0 else { return nil }
    for name in Folder.names(in: "/proc") {
      guard let pid = Int32(name), pid != getpid() else { continue }
      for number in Folder.names(in: "/proc/\(pid)/fd") {
        var found = stat()
        guard stat("/proc/\(pid)/fd/\(number)", &found) == 0, found.st_ino == wanted.st_ino,
          found.st_dev == wanted.st_dev
        else { continue }
        let command = Files.read("/proc/\(pid)/comm") ?? "unknown"
        return PortOwner(pid: pid, command: Console.sanitised(command.utf8))
      }
    }
    return nil
  }
}
