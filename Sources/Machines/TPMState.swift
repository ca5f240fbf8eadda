import Glibc

/// The files in which swtpm keeps a TPM.
enum TPMState {
  /// What it makes for a TPM 2.0, and for a TPM 1.2 (swtpm_nvstore.c).
  private static let (file, oldFile) = ("tpm2-00.permall", "tpm-00.permall")
  /// The header's length, and the version of it that is known (swtpm_nvstore.c, blobheader).
  private static let (headerSize, version) = (10, UInt8(2))

  /// Finds out whether a directory holds the state of a TPM 2.0 that swtpm would take. Errors of
  /// kind missing if it cannot be read, of kind usage if it is something else.
  static func check(_ directory: String) throws(MachineError) {
    guard let names = Files.names(in: directory) else {
      throw .system(.missing, "the TPM state '\(directory)' cannot be read", errno)
    }
    guard names.contains(file) else {
      let why =
        names.contains(oldFile)
        ? "it holds a TPM 1.2, and machines here have a TPM 2.0"
        : "there is no \(file) in it, which chip:save(directory) and swtpm_setup --tpm2 make"
      throw MachineError(.usage, "'\(directory)' is no state of a TPM 2.0: \(why)")
    }
    let path = "\(directory)/\(file)"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(.missing, "'\(path)' cannot be read", errno) }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: headerSize)
    let count = pread(descriptor, &header, headerSize, 0)
    guard count >= 0 else { throw .system(.missing, "'\(path)' cannot be read", errno) }
    var status = stat()
    fstat(descriptor, &status)
    if let complaint = complaint(header, count, Int(status.st_size)) {
      throw MachineError(
        .usage, "'\(path)' is no state of a TPM 2.0 that can be used: \(complaint)")
    }
  }

  private static func complaint(_ header: [UInt8], _ count: Int, _ length: Int) -> String? {
    guard count == headerSize else { return "it is cut off" }
    let size = Int(header[2]) << 8 | Int(header[3])
    let total = header[6...].reduce(0) { $0 << 8 | Int($1) }
    guard (1...64).contains(header[0]), size >= headerSize, size <= 64 else {
      return "it does not begin as swtpm's files do"
    }
    // The oldest swtpm version that can read it.
    if header[1] > version {
      return "its format is version \(header[1]), of a newer swtpm; version \(version) is known"
    }
    if total != length { return "it should have \(total) bytes and has \(length)" }
    // The two lowest flags: encrypted, and with which key.
    return header[5] & 1 == 0 ? nil : "it is encrypted, and there is no way to give a key"
  }

  /// Copies the state: regular files, of some 10 KiB. Lock files belong to the process that made
  /// them and stay.
  static func copy(_ from: String, _ to: String) throws(MachineError) {
    guard let names = Files.names(in: from) else {
      throw .system(.missing, "the TPM state '\(from)' cannot be read", errno)
    }
    guard Files.makeDirectories(to) else {
      throw .system(.missing, "the TPM's directory '\(to)' cannot be made", errno)
    }
    for name in names where !name.hasPrefix(".") {
      try Files.copy("\(from)/\(name)", to: "\(to)/\(name)")
    }
  }
}
