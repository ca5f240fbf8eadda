import CArchive
import Glibc
import Processes

/// Reads archives and compressed files with the host's libarchive, whatever they are compressed
/// with.
enum Archive {
  /// What an archive has.
  struct Entry {
    enum Kind {
      case file, folder
      /// A symbolic link, and where it leads.
      case link(String)
      /// Another name of a file that came before.
      case sameAs(String)
      case other
    }
    /// Without "./" before it and "/" behind it.
    var path: String
    var kind: Kind
    /// The permission bits.
    var mode: mode_t

    var isFile: Bool {
      if case .file = kind { true } else { false }
    }
  }
  /// Told of each entry; the second argument reads its contents.
  typealias Visitor = (Entry, () throws(GuestError) -> [UInt8]) throws(GuestError) -> Void

  static func load() throws(GuestError) {
    if let reason = carchive_load() {
      throw GuestError(
        .missing,
        "the default guest is put together with libarchive, which is not here"
          + " (\(String(cString: reason))): \(Software.libarchive.remedy)")
    }
  }

  /// The files of a .deb whose path `wants`.
  static func debian(
    _ deb: [UInt8], _ wants: (String) -> Bool
  ) throws(GuestError) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    try debian(deb) { entry, contents throws(GuestError) in
      if entry.isFile && wants(entry.path) { files[entry.path] = try contents() }
    }
    return files
  }

  /// All that a .deb puts in place.
  static func debian(_ deb: [UInt8], visit: Visitor) throws(GuestError) {
    var data: [UInt8]?
    try walk(deb, CARCHIVE_AR) { entry, contents throws(GuestError) in
      if entry.path.hasPrefix("data.tar") { data = try contents() }
    }
    guard let data else {
      throw GuestError(.unusable, "the package holds no data: the download is broken")
    }
    try walk(data, CARCHIVE_TAR, visit)
  }

  /// What a compressed file holds.
  static func decompress(_ bytes: [UInt8]) throws(GuestError) -> [UInt8] {
    var plain: [UInt8] = []
    try walk(bytes, CARCHIVE_RAW) { _, contents throws(GuestError) in plain = try contents() }
    return plain
  }

  private static func walk(
    _ bytes: [UInt8], _ format: carchive_format, _ visit: Visitor
  ) throws(GuestError) {
    try load()
    let outcome = bytes.withUnsafeBytes { bytes in
      Result { () throws(GuestError) in try walk(bytes, format, visit) }
    }
    try outcome.get()
  }

  private static func walk(
    _ bytes: UnsafeRawBufferPointer, _ format: carchive_format, _ visit: Visitor
  ) throws(GuestError) {
    guard let archive = carchive_open(bytes.baseAddress, bytes.count, format) else {
      throw GuestError(.unusable, "libarchive cannot read it")
    }
    defer { carchive_close(archive) }
    while true {
      var found = carchive_entry()
      let code = carchive_next(archive, &found)
      if code == 0 { return }
      guard code > 0 else {
        throw GuestError(.unusable, "libarchive: \(String(cString: carchive_error(archive)))")
      }
      try visit(Entry(found)) { () throws(GuestError) in try contents(archive) }
    }
  }

  private static func contents(_ archive: OpaquePointer) throws(GuestError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = carchive_read(archive, &buffer, buffer.count)
      guard count >= 0 else {
        throw GuestError(.unusable, "libarchive: \(String(cString: carchive_error(archive)))")
      }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}

extension Archive.Entry {
  fileprivate init(_ found: carchive_entry) {
    path = Self.plain(found.name)
    mode = found.mode & 0o7777
    if let same = found.same_file {
      kind = .sameAs(Self.plain(same))
    } else if let link = found.link {
      kind = .link(String(cString: link))
    } else {
      switch found.mode & S_IFMT {
      case S_IFREG: kind = .file
      case S_IFDIR: kind = .folder
      default: kind = .other
      }
    }
  }

  private static func plain(_ name: UnsafePointer<CChar>) -> String {
    var path = String(cString: name)
    if path.hasPrefix("./") { path.removeFirst(2) }
    while path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
