import Glibc
import Scripting

/// Files of the host's that are read or written whole.
enum HostFile {
  /// Errors of kind `missing` name the path.
  static func read(_ path: String) throws(ScriptError) -> [UInt8] {
    // A named pipe without a writer would hold up the script for ever.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure("read", path) }
    defer { Glibc.close(file) }
    var status = stat()
    fstat(file, &status)
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .usage("'\(path)' is a directory, not a file")
    default: throw .usage("'\(path)' is no regular file")
    }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = Glibc.read(file, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { return bytes }
      bytes += block.prefix(count)
    }
  }

  static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

  /// Its permission bits. Errors of kind `missing` name the path.
  static func mode(_ path: String) throws(ScriptError) -> UInt32 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("read", path) }
    return status.st_mode & 0o777
  }

  /// Replaces what is there by a file that is its owner's alone.
  static func write(_ bytes: [UInt8], to path: String) throws(ScriptError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("write", path) }
    defer { Glibc.close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("write", path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func failure(_ verb: String, _ path: String) -> ScriptError {
    ScriptError(.missing, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
  }
}
