import CArchive
import Glibc

/// The root file system that the kernel unpacks: a list of files, written as a cpio archive. Not
/// compressed: under TCG, unpacking gzip takes 50 ms more than copying (docs/guest.md).
struct Initramfs {
  private struct Entry {
    var path: String
    var mode: mode_t
    var bytes: [UInt8]
  }
  private var entries: [Entry] = []
  private var modes: [String: mode_t] = [:]

  func contains(_ path: String) -> Bool { modes[path] != nil }

  /// The type of what was added last under that path: S_IFDIR, S_IFREG, S_IFLNK; nil if nothing was.
  func type(of path: String) -> mode_t? { modes[path].map { $0 & S_IFMT } }

  private mutating func add(_ path: String, _ mode: mode_t, _ bytes: [UInt8]) {
    // The kernel makes no folder by itself.
    if let slash = path.lastIndex(of: "/") { addFolderOnce(String(path[..<slash])) }
    modes[path] = mode
    entries.append(Entry(path: path, mode: mode, bytes: bytes))
  }

  mutating func addFolder(_ path: String, mode: mode_t = 0o755) { add(path, S_IFDIR | mode, []) }

  /// Unless something of that name was added.
  mutating func addFolderOnce(_ path: String, mode: mode_t = 0o755) {
    if !contains(path) { addFolder(path, mode: mode) }
  }

  mutating func addFile(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) {
    add(path, S_IFREG | mode, bytes)
  }

  mutating func addFile(_ path: String, _ text: String) { addFile(path, Array(text.utf8)) }

  mutating func addLink(_ path: String, to target: String) {
    add(path, S_IFLNK | 0o777, Array(target.utf8))
  }

  func write(to path: String) throws(GuestError) {
    try Archive.load()
    guard let archive = carchive_create(path) else {
      throw GuestError(.unusable, "\(path): \(String(cString: strerror(errno)))")
    }
    for entry in entries {
      guard carchive_add(archive, entry.path, entry.mode, entry.bytes, entry.bytes.count) else {
        let reason = String(cString: carchive_error(archive))
        carchive_close(archive)
        throw GuestError(.unusable, "\(path): \(reason)")
      }
    }
    guard carchive_close(archive) else { throw GuestError(.unusable, "\(path): cannot finish it") }
  }
}
