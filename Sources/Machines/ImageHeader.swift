import Glibc

/// What an image says of itself, and which file it is. QEMU is not asked: a guest that writes a raw
/// disk could make it guess another format.
struct ImageHeader: Sendable {
  /// Tells a file from one that was put in its place, or has been written to since.
  struct Identity: Sendable, Hashable {
    var path: String
    var device: UInt64
    var inode: UInt64
    var length: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  var format: Disk.Format
  /// What a guest sees, in bytes.
  var size: UInt64
  /// The path of the image that this one is built on.
  var backing: String?
  var identity: Identity

  /// More images than this one on the other are taken for a circle.
  private static let longestChain = 64

  /// Reads the image at `path`; `wanted` forbids to look for its format. Errors of kind missing for
  /// what cannot be read, of kind usage for what is no image, or none that QEMU should be given.
  init(_ path: String, as wanted: Disk.Format? = nil) throws(MachineError) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .system(.missing, "disk '\(path)' cannot be read", errno) }
    defer { close(file) }
    var status = stat()
    fstat(file, &status)
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFBLK else {
      let what = kind == S_IFDIR ? "a directory" : "neither a file nor a block device"
      throw MachineError(.usage, "disk '\(path)' is \(what): give the path of an image")
    }
    let isFile = kind == S_IFREG
    let length = isFile ? Int64(status.st_size) : Int64(lseek(file, 0, SEEK_END))
    var start = [UInt8](repeating: 0, count: 4096)
    let count = pread(file, &start, start.count, 0)
    guard count >= 0 else { throw .system(.missing, "disk '\(path)' cannot be read", errno) }
    guard count > 0 else {
      throw MachineError(.usage, "disk '\(path)' is empty: disk { size = \"…\" } is a blank one")
    }
    identity = Identity(
      path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino), length: length,
      seconds: isFile ? status.st_mtim.tv_sec : 0, nanoseconds: isFile ? status.st_mtim.tv_nsec : 0)
    let header = QCow2Header(Array(start.prefix(count)))
    format = wanted ?? (header == nil ? .raw : .qcow2)
    size = UInt64(max(0, length))
    guard format == .qcow2 else {
      if wanted == nil, let name = Self.foreignFormat(start) {
        throw MachineError(
          .usage,
          "disk '\(path)' is a \(name) image: make it one that can be used with"
            + " qemu-img convert -O qcow2, or say format = \"raw\"")
      }
      return
    }
    guard let header else {
      throw MachineError(.usage, "disk '\(path)' is no qcow2 image, as format says it is")
    }
    if let complaint = header.complaint {
      throw MachineError(.usage, "disk '\(path)' cannot be used: \(complaint)")
    }
    size = header.size
    backing = header.backingFile(in: file, of: path)
  }

  /// This image's identity and those of all that it is built on. Errors name the one that is not
  /// there.
  func chain() throws(MachineError) -> [Identity] {
    var identities = [identity]
    var next = backing
    while let path = next {
      guard identities.count < Self.longestChain else {
        throw MachineError(.usage, "disk '\(identity.path)' is built on itself")
      }
      do throws(MachineError) {
        let header = try ImageHeader(path)
        identities.append(header.identity)
        next = header.backing
      } catch {
        throw MachineError(
          error.kind, "disk '\(identity.path)' is built on another: \(error.message)")
      }
    }
    return identities
  }

  /// Whether a file begins as a PE file does, which a Linux kernel with an EFI stub is.
  static func isProgramOfUEFI(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return false }
    defer { close(file) }
    var magic: [UInt8] = [0, 0]
    return pread(file, &magic, 2, 0) == 2 && magic == Array("MZ".utf8)
  }

  /// Formats that begin with a magic of their own, and would be garbage to a guest as raw bytes.
  private static func foreignFormat(_ start: [UInt8]) -> String? {
    func begins(_ text: String, at offset: Int = 0) -> Bool {
      start[offset...].starts(with: text.utf8)
    }
    if begins("KDMV") || begins("COWD") { return "VMDK" }
    if begins("conectix") { return "VHD" }
    if begins("vhdxfile") { return "VHDX" }
    if start[0x40...].starts(with: [0x7f, 0x10, 0xda, 0xbe]) { return "VDI" }
    return begins("QED\0") ? "QED" : nil
  }
}
