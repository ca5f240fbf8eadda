import Glibc

/// A new image that holds what differs from another. Written here, since it is five numbers and
/// starting qemu-img for it would take longer than booting some machines.
enum QCow2Overlay {
  private static let clusterBits = 16

  /// Errors of kind missing if `path` cannot be written.
  static func write(
    _ path: String, over base: String, _ format: Disk.Format, size: UInt64
  ) throws(MachineError) {
    let cluster = 1 << clusterBits
    // A table of level 1 has 8 bytes for each table of level 2, which has as many entries.
    let covered = UInt64(cluster) * UInt64(cluster / 8)
    let entries = Int((size + covered - 1) / covered)
    let tableClusters = (entries * 8 + cluster - 1) / cluster
    let used = 3 + tableClusters

    var extensions: [UInt8] = []
    // The format of the base: QEMU is not to guess it.
    put(0xe279_2aca, 4, &extensions)
    put(UInt64(format.rawValue.utf8.count), 4, &extensions)
    extensions += Array(format.rawValue.utf8)
    extensions += [UInt8](repeating: 0, count: (8 - extensions.count % 8) % 8)
    extensions += [UInt8](repeating: 0, count: 8)

    let name = Array(base.utf8)
    guard name.count <= 1023 else {
      throw MachineError(.usage, "the path of disk '\(base)' is longer than 1023 bytes")
    }
    var header = QCow2Header.magic
    put(3, 4, &header)
    put(UInt64(104 + extensions.count), 8, &header)
    put(UInt64(name.count), 4, &header)
    put(UInt64(clusterBits), 4, &header)
    put(size, 8, &header)
    put(0, 4, &header)
    put(UInt64(entries), 4, &header)
    put(UInt64(3 * cluster), 8, &header)
    // The table of reference counts is cluster 1, its first block cluster 2.
    put(UInt64(cluster), 8, &header)
    put(1, 4, &header)
    // No snapshots, no features; reference counts of 16 bits; the header's length.
    header += [UInt8](repeating: 0, count: 4 + 8 + 3 * 8)
    put(4, 4, &header)
    put(104, 4, &header)

    var bytes = header + extensions + name
    bytes += [UInt8](repeating: 0, count: cluster - bytes.count)
    put(UInt64(2 * cluster), 8, &bytes)
    bytes += [UInt8](repeating: 0, count: 2 * cluster - bytes.count)
    for _ in 0..<used { put(1, 2, &bytes) }
    guard Files.write(bytes, to: path, length: used * cluster) else {
      throw .system(.missing, "'\(path)' cannot be written", errno)
    }
  }

  private static func put(_ number: UInt64, _ count: Int, _ bytes: inout [UInt8]) {
    for index in (0..<count).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
    }
  }
}
