/// A kernel as QEMU takes it for `-kernel`.
struct KernelFile {
  /// A bzImage, or an ELF vmlinux.
  var bytes: [UInt8]

  /// The vmlinux in a bzImage, if it has the PVH entry by which QEMU boots it: it need not
  /// decompress itself in the guest, which saves 0.3 s under TCG (docs/guest.md). The bzImage
  /// itself if there is none in it.
  ///
  /// Offsets from the kernel's Documentation/arch/x86/boot.rst: setup_sects at 0x1F1, "HdrS" at
  /// 0x202, the protocol's version at 0x206, payload_offset at 0x248 and payload_length at 0x24C,
  /// from version 2.08 on.
  func extracted() throws(GuestError) -> KernelFile {
    guard let payload else { return self }
    let vmlinux = KernelFile(bytes: (try? Archive.decompress(payload)) ?? [])
    return vmlinux.hasPVH ? vmlinux : self
  }

  var isELF: Bool { bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) }

  /// The compressed kernel in a bzImage.
  private var payload: [UInt8]? {
    bytes.withUnsafeBytes { image in
      guard image.count > 0x250, image.little(UInt32.self, at: 0x202) == 0x5372_6448,
        image.little(UInt16.self, at: 0x206) >= 0x208
      else { return nil }
      let setup = Int(image[0x1F1] == 0 ? 4 : image[0x1F1])
      let start = (setup + 1) * 512 + Int(image.little(UInt32.self, at: 0x248))
      // Its last four bytes are the size of what it holds, which no decompressor expects.
      let end = start + Int(image.little(UInt32.self, at: 0x24C)) - 4
      guard start < end, end <= image.count else { return nil }
      return Array(image[start..<end])
    }
  }

  /// Has it the note by which PVH kernels are known: owner "Xen", type 18 (XEN_ELFNOTE_PHYS32_ENTRY)?
  private var hasPVH: Bool {
    guard isELF else { return false }
    return bytes.withUnsafeBytes { file in
      guard file.count > 64 else { return false }
      let table = Int(truncatingIfNeeded: file.little(UInt64.self, at: 32))
      let size = Int(file.little(UInt16.self, at: 54))
      let count = Int(file.little(UInt16.self, at: 56))
      guard table > 0, size >= 56, table <= file.count - size * count else { return false }
      for index in 0..<count {
        let header = table + index * size
        guard file.little(UInt32.self, at: header) == 4 else { continue }  // PT_NOTE
        let start = Int(truncatingIfNeeded: file.little(UInt64.self, at: header + 8))
        let length = Int(truncatingIfNeeded: file.little(UInt64.self, at: header + 32))
        guard start > 0, length > 0, length <= file.count, start <= file.count - length else {
          continue
        }
        let notes = UnsafeRawBufferPointer(rebasing: file[start..<start + length])
        if Self.hasPVH(notes) { return true }
      }
      return false
    }
  }

  private static func hasPVH(_ notes: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while at + 12 <= notes.count {
      let nameSize = Int(notes.little(UInt32.self, at: at))
      let size = Int(notes.little(UInt32.self, at: at + 4))
      if notes.little(UInt32.self, at: at + 8) == 18, notes.text(at: at + 12, size: 4) == "Xen" {
        return true
      }
      at += 12 + (nameSize + 3) / 4 * 4 + (size + 3) / 4 * 4
    }
    return false
  }
}
