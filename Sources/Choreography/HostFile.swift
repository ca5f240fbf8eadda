import Glibc
import Scripting

/// A host file on its way to or from a guest.
struct HostFile {
  var bytes: [UInt8]
  var mode: UInt32

  /// Errors of kind `missing` name the path.
  static func read(_ path: String) throws(ScriptError) -> HostFile {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("read", path) }
    defer { Glibc.close(file) }
    var status = stat()
    fstat(file, &status)
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw .usage("'\(path)' is a directory; put takes one file")
    }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = Glibc.read(file, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { return HostFile(bytes: bytes, mode: status.st_mode & 0o7777) }
      bytes += block.prefix(count)
    }
  }

  func write(_ path: String) throws(ScriptError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Self.failure("write", path) }
    defer { Glibc.close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("write", path) }
      rest = rest.dropFirst(count)
    }
    fchmod(file, mode & 0o777)
  }

  private static func failure(_ verb: String, _ path: String) -> ScriptError {
    ScriptError(.missing, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
  }
}
