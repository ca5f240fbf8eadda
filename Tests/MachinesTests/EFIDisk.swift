/// A disk from which UEFI boots a program of its own: it resets the machine so many times, then prints
/// a text on the serial port and halts. The count is in the clock's memory, which a reset leaves.
enum EFIDisk {
  static func image(resets: UInt8, then text: String) -> [UInt8] {
    let program = program(resets, text)
    // FAT12 without partitions, as a floppy has it: what UEFI looks for on any medium.
    var image = [UInt8](repeating: 0, count: 2880 * 512)
    put([0xeb, 0x3c, 0x90] + Array("MSDOS5.0".utf8), at: 0, &image)
    put(
      [0, 2, 1, 1, 0, 2, 224, 0, 0x40, 0x0b, 0xf0, 9, 0, 18, 0, 2, 0, 0, 0, 0, 0], at: 11, &image)
    put([0x29, 1, 0, 0, 0] + Array("EFI        FAT12   ".utf8), at: 38, &image)
    put([0x55, 0xaa], at: 510, &image)
    // Clusters 2 and 3 are folders, 4 and 5 the program.
    for table in [1, 10] {
      put([0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x05, 0xf0, 0xff], at: table * 512, &image)
    }
    put(entry("EFI        ", 0x10, cluster: 2), at: 19 * 512, &image)
    put(
      entry(".          ", 0x10, cluster: 2) + entry("..         ", 0x10, cluster: 0)
        + entry("BOOT       ", 0x10, cluster: 3), at: 33 * 512, &image)
    put(
      entry(".          ", 0x10, cluster: 3) + entry("..         ", 0x10, cluster: 2)
        + entry("BOOTX64 EFI", 0x20, cluster: 4, size: program.count), at: 34 * 512, &image)
    put(program, at: 35 * 512, &image)
    return image
  }

  private static func put(_ bytes: [UInt8], at offset: Int, _ image: inout [UInt8]) {
    image.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  private static func entry(
    _ name: String, _ attributes: UInt8, cluster: Int, size: Int = 0
  ) -> [UInt8] {
    Array(name.utf8) + [attributes] + [UInt8](repeating: 0, count: 14) + little(cluster, 2)
      + little(size, 4)
  }

  private static func little(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// A PE32+ file of one section, 1 KiB.
  private static func program(_ resets: UInt8, _ text: String) -> [UInt8] {
    var code: [UInt8] = [
      0x66, 0xba, 0x70, 0x00, 0xb0, 0x6f, 0xee,  // index 0x6f of the clock's memory
      0x66, 0xba, 0x71, 0x00, 0xec,  // what is there
      0x3c, resets, 0x73, 0x0d,  // enough: go on and print
      0xfe, 0xc0, 0xee,  // one more
      0x66, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xf4, 0xeb, 0xfd,  // the chipset's reset; halt
      0x48, 0x8d, 0x35, 0x1c, 0x00, 0x00, 0x00,  // the text
      0xac, 0x84, 0xc0, 0x74, 0x14, 0x88, 0xc4,
      0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb,  // until the port is free
      0x88, 0xe0, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xe7, 0xf4, 0xeb, 0xfd,
    ]
    code += Array("\r\n\(text)\r\n".utf8) + [0]
    var file: [UInt8] = Array("MZ".utf8) + [UInt8](repeating: 0, count: 58) + little(0x40, 4)
    file += Array("PE\0\0".utf8) + little(0x8664, 2) + little(1, 2)
    file += [UInt8](repeating: 0, count: 12) + little(240, 2) + little(0x22, 2)
    file += little(0x20b, 2) + [0, 0] + little(0x200, 4) + little(0, 8)
    file += little(0x1000, 4) + little(0x1000, 4) + little(0x40_0000, 8)
    file += little(0x1000, 4) + little(0x200, 4) + [UInt8](repeating: 0, count: 16)
    file += little(0x2000, 4) + little(0x200, 4) + little(0, 4) + little(10, 2) + little(0, 2)
    file += [UInt8](repeating: 0, count: 32 + 4) + little(16, 4)
    file += [UInt8](repeating: 0, count: 16 * 8)
    file += Array(".text\0\0\0".utf8) + little(0x200, 4) + little(0x1000, 4) + little(0x200, 4)
    file += little(0x200, 4) + [UInt8](repeating: 0, count: 12) + little(0x6000_0020, 4)
    file += [UInt8](repeating: 0, count: 0x200 - file.count)
    return file + code + [UInt8](repeating: 0, count: 0x200 - code.count)
  }
}
