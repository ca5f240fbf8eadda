import CArchive

/// Reads archives and compressed files with the host's libarchive, whatever they are compressed
/// with.
enum Archive {
  static func load() throws(GuestError) {
    if let reason = carchive_load() {
      throw GuestError(
        .missing,
        "the default guest is put together with libarchive, which is not here"
          + " (\(String(cString: reason))): apt-get install libarchive13")
    }
  }

  /// The files of a .deb whose path `wants`; paths have no "./" before them. `wants` returns nil
  /// for what is not wanted, else the name to give it.
  static func debian(
    _ deb: [UInt8], _ wants: (String) -> Bool
  ) throws(GuestError) -> [String: [UInt8]] {
    let data = try entries(of: deb, CARCHIVE_AR) { $0.hasPrefix("data.tar") }
    guard let tar = data.values.first else {
      throw GuestError(.unusable, "the package holds no data: the download is broken")
    }
    return try entries(of: tar, CARCHIVE_TAR, wants)
  }

  /// What a compressed file holds.
  static func decompress(_ bytes: [UInt8]) throws(GuestError) -> [UInt8] {
    try entries(of: bytes, CARCHIVE_RAW) { _ in true }.values.first ?? []
  }

  private static func entries(
    of bytes: [UInt8], _ format: carchive_format, _ wants: (String) -> Bool
  ) throws(GuestError) -> [String: [UInt8]] {
    try load()
    let found = bytes.withUnsafeBytes { bytes in
      Result { () throws(GuestError) in try entries(of: bytes, format, wants) }
    }
    return try found.get()
  }

  private static func entries(
    of bytes: UnsafeRawBufferPointer, _ format: carchive_format, _ wants: (String) -> Bool
  ) throws(GuestError) -> [String: [UInt8]] {
    guard let archive = carchive_open(bytes.baseAddress, bytes.count, format) else {
      throw GuestError(.unusable, "libarchive cannot read it")
    }
    defer { carchive_close(archive) }
    var files: [String: [UInt8]] = [:]
    while true {
      var name: UnsafePointer<CChar>?
      var isFile = false
      var size: Int64 = 0
      let code = carchive_next(archive, &name, &isFile, &size)
      guard code > 0, let name else {
        if code == 0 { return files }
        throw GuestError(.unusable, "libarchive: \(String(cString: carchive_error(archive)))")
      }
      var path = String(cString: name)
      if path.hasPrefix("./") { path.removeFirst(2) }
      if format == CARCHIVE_RAW || (isFile && wants(path)) { files[path] = try contents(archive) }
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
