/// A directory of the host that a guest can mount.
public struct Share: Sendable, Hashable {
  public enum Driver: String, Sendable {
    case virtiofs
    case plan9 = "9p"
  }

  /// Absolute, without symbolic links.
  public var path: String
  /// What the guest mounts it by.
  public var tag: String
  public var isReadOnly: Bool
  public var driver: Driver
  /// What serves it over virtiofs.
  public var server: VirtioFSD?

  public init(
    path: String, tag: String, isReadOnly: Bool = false, driver: Driver, server: VirtioFSD? = nil
  ) {
    self.path = path
    self.tag = tag
    self.isReadOnly = isReadOnly
    self.driver = driver
    self.server = server
  }

  /// virtio-fs has 36 bytes for it (struct virtio_fs_config of Linux). These characters stand for
  /// themselves in QEMU's options and on a kernel's command line.
  public static func isTag(_ text: String) -> Bool {
    (1...36).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "._-".utf8.contains($0)
      }
  }
}

extension MachineSpecification {
  var hasVirtioFS: Bool { shares.contains { $0.driver == .virtiofs } }

  /// Finds what is wrong with the shares before anything is started.
  func checkShares() throws(MachineError) {
    var tags: Set<String> = []
    for share in shares {
      guard Share.isTag(share.tag) else {
        throw refuse(
          "'\(share.tag)' is no tag of a share: 1 to 36 letters, digits, '.', '_' and '-'")
      }
      guard tags.insert(share.tag).inserted else {
        throw refuse("two shares have the tag '\(share.tag)'")
      }
      try checkDirectory(share.path, "share '\(share.tag)'")
    }
    if !shares.isEmpty && kind != .microvm && !hasPCI {
      throw refuse("shares need a board with PCI")
    }
  }
}

extension ArgumentBuilder {
  mutating func addShares() {
    if specification.hasVirtioFS && wiring == .inherited {
      // virtiofsd reads and writes the guest's memory, so that is shared with it. A memfd counts
      // against no file system: /dev/shm has 64 MB in many containers.
      add("-object", "memory-backend-memfd,id=ram,size=\(memory),share=on")
      add("-machine", "memory-backend=ram")
      // vhost-user devices know virtio 1 alone, and QEMU 7.2 has the older one on MMIO by default.
      if isMicroVM { add("-global", "driver=virtio-mmio,property=force-legacy,value=false") }
    }
    for (index, share) in specification.shares.enumerated() {
      let id = "share\(index)"
      switch share.driver {
      case .virtiofs:
        guard wiring == .inherited else { continue }
        add("-chardev", "socket,id=\(id),fd=\(descriptor: id)")
        add("-device", "\(device("vhost-user-fs")),chardev=\(id),tag=\(share.tag)")
      case .plan9:
        // none: a file is its maker's in the guest if QEMU may say so on the host, else QEMU's.
        // remap: two file systems of the host below one share may use the same inode numbers.
        add(
          "-fsdev",
          """
          local,id=\(id),security_model=none,multidevs=remap,\(share.isReadOnly ? "readonly=on," : "")\
          path=\(OptionTable.escapeCommas(share.path))
          """)
        add("-device", "\(device("virtio-9p")),fsdev=\(id),mount_tag=\(share.tag)")
      }
    }
  }
}
