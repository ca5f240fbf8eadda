import Glibc
import Processes

/// What building the image does with the host's files.
enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func read(_ path: String) throws(GuestError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw GuestError(.unusable, "\(path): not a file")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + length, $0.count - length)
      }
      guard count > 0 else { throw failure(path) }
      length += count
    }
    return bytes
  }

  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(GuestError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure(path) }
    defer { Glibc.close(descriptor) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + sent, $0.count - sent)
      }
      guard count > 0 else { throw failure(path) }
      sent += count
    }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(GuestError) {
    do throws(ProcessError) { try Folder.make(path) } catch {
      throw GuestError(.unusable, "\(path): \(error.message)")
    }
  }

  /// Removes a folder with all that is in it.
  static func remove(_ folder: String) { try? Folder.remove(folder) }

  /// What tells that a file has been changed: inode, size and time; "" if it is not there.
  static func stamp(_ path: String) -> String {
    var status = stat()
    guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return "" }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  /// Its bytes; 0 if it is not there.
  static func size(_ path: String) -> Int {
    var status = stat()
    return fstatat(AT_FDCWD, path, &status, 0) == 0 ? Int(status.st_size) : 0
  }

  /// Makes it as if it were changed now.
  static func touch(_ path: String) { utimensat(AT_FDCWD, path, nil, 0) }

  /// Seconds since it was changed; 0 if it is not there.
  static func age(_ path: String) -> Int {
    var status = stat()
    guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return 0 }
    return time(nil) - status.st_mtim.tv_sec
  }

  private static func failure(_ path: String) -> GuestError {
    GuestError(.unusable, "\(path): \(String(cString: strerror(errno)))")
  }
}

extension Files {
  /// Bytes on the disk of all that is in a folder.
  static func weight(_ path: String) -> UInt64 {
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    let own = UInt64(status.st_blocks) * 512
    guard status.st_mode & S_IFMT == S_IFDIR else { return own }
    return Folder.names(in: path).reduce(own) { $0 + weight("\(path)/\($1)") }
  }
}
