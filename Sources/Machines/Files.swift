import Glibc

/// Small files, read and written whole.
enum Files {
  /// The text of a file of at most 16 MiB, nil if it cannot be read.
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < 16 << 20 {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }

  /// Makes a file with these bytes and zeroes behind them up to `length`, which take no room.
  static func write(_ bytes: [UInt8], to path: String, length: Int) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
      && ftruncate(descriptor, off_t(length)) == 0
  }

  /// Makes a directory and those above it; whether it is there then.
  @discardableResult static func makeDirectories(_ path: String) -> Bool {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return true }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      return false
    }
    return makeDirectories(String(path[..<slash])) && (mkdir(path, 0o700) == 0 || errno == EEXIST)
  }

  /// The names in a directory, sorted, without "." and ".."; nil if it cannot be read.
  static func names(in path: String) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Where a symbolic link points to.
  static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count)
    }
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Where a file goes that is to appear whole, in the place of one that may be there: what a symbolic
  /// link leads to. Errors of kind usage if something else has the path, as a directory or a device.
  static func target(_ path: String) throws(MachineError) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG, let real = realpath(path, nil) else {
      throw MachineError(.usage, "'\(path)' is there and is no regular file: give another path")
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// Copies a regular file of at most 16 MiB; what is no regular file is left out.
  static func copy(_ from: String, to: String) throws(MachineError) {
    let source = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard source >= 0 else { throw .system(.missing, "'\(from)' cannot be read", errno) }
    defer { close(source) }
    var status = stat()
    guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    guard status.st_size <= 16 << 20 else {
      throw MachineError(.usage, "'\(from)' is larger than the 16 MiB such a file may have")
    }
    let target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw .system(.missing, "'\(to)' cannot be written", errno) }
    defer { close(target) }
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(source, &chunk, chunk.count)
      if count == 0 { return }
      guard count > 0 else { throw .system(.missing, "'\(from)' cannot be read", errno) }
      guard Glibc.write(target, chunk, count) == count else {
        throw .system(.missing, "'\(to)' cannot be written", errno)
      }
    }
  }
}
