import Glibc
import Guests
import Scripting

/// A file of the host's, or a folder with all that is in it, as `put` takes it.
enum HostTree {
  /// It and what is in it, folders before their content, by name. The path itself may be a link, and is
  /// followed; links inside are kept. Errors of kind `missing` name a path that cannot be read, those of
  /// kind `usage` one that is neither file, folder nor link.
  static func items(of path: [UInt8]) throws(ScriptError) -> [TreeUpload.Item] {
    var status = stat()
    guard stat(text(path), &status) == 0 else { throw failure(path, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return [TreeUpload.Item(path: [], kind: .file, mode: status.st_mode & 0o7777)]
    case S_IFDIR: break
    default: throw special(path)
    }
    var items = [TreeUpload.Item(path: [], kind: .folder, mode: status.st_mode & 0o7777)]
    try add(&items, path, [])
    return items
  }

  private static func add(
    _ items: inout [TreeUpload.Item], _ root: [UInt8], _ folder: [UInt8]
  ) throws(ScriptError) {
    let place = folder.isEmpty ? root : root + [slash] + folder
    for name in try names(in: place) {
      let path = folder.isEmpty ? name : folder + [slash] + name
      let full = place + [slash] + name
      var status = stat()
      guard lstat(text(full), &status) == 0 else { throw failure(full, errno) }
      let mode = status.st_mode & 0o7777
      switch status.st_mode & S_IFMT {
      case S_IFREG: items.append(.init(path: path, kind: .file, mode: mode))
      case S_IFLNK:
        items.append(.init(path: path, kind: .link(target: try target(full)), mode: mode))
      case S_IFDIR:
        items.append(.init(path: path, kind: .folder, mode: mode))
        try add(&items, root, path)
      default: throw special(full)
      }
    }
  }

  private static let slash = UInt8(ascii: "/")

  private static func text(_ path: [UInt8]) -> [CChar] {
    path.map { CChar(bitPattern: $0) } + [0]
  }

  private static func names(in path: [UInt8]) throws(ScriptError) -> [[UInt8]] {
    guard let directory = opendir(text(path)) else { throw failure(path, errno) }
    defer { closedir(directory) }
    var names: [[UInt8]] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [0x2e] && name != [0x2e, 0x2e] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func target(_ path: [UInt8]) throws(ScriptError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(text(path), &buffer, buffer.count)
    guard count >= 0 else { throw failure(path, errno) }
    return buffer.prefix(count).map { UInt8(bitPattern: $0) }
  }

  private static func failure(_ path: [UInt8], _ code: Int32) -> ScriptError {
    ScriptError(
      .missing,
      "cannot read '\(String(decoding: path, as: UTF8.self))': \(String(cString: strerror(code)))")
  }

  private static func special(_ path: [UInt8]) -> ScriptError {
    .usage(
      "'\(String(decoding: path, as: UTF8.self))' is a socket, a named pipe or a device: put takes"
        + " files, folders and symbolic links")
  }
}
