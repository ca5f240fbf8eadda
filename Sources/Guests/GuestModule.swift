/// A kernel module of the default guest.
struct GuestModule {
  /// What must be there for it to be loaded: Sources/GuestAgent/boot.c knows the words.
  var condition: String
  /// Below /lib/modules/RELEASE/kernel, without ".ko".
  var path: String

  var name: String { String(path.split(separator: "/").last!) }

  /// In the order of loading. Debian's cloud kernel has every driver of virtio as a module. The
  /// numbers are virtio's device kinds.
  static let all = [
    GuestModule(condition: "any", path: "drivers/virtio/virtio_ring"),
    GuestModule(condition: "any", path: "drivers/virtio/virtio"),
    GuestModule(condition: "mmio", path: "drivers/virtio/virtio_mmio"),
    GuestModule(condition: "pci", path: "drivers/virtio/virtio_pci_legacy_dev"),
    GuestModule(condition: "pci", path: "drivers/virtio/virtio_pci_modern_dev"),
    GuestModule(condition: "pci", path: "drivers/virtio/virtio_pci"),
    GuestModule(condition: "virtio:0x0003", path: "drivers/char/virtio_console"),
    GuestModule(condition: "virtio:0x0004", path: "drivers/char/hw_random/virtio-rng"),
    GuestModule(condition: "virtio:0x0001", path: "net/core/failover"),
    GuestModule(condition: "virtio:0x0001", path: "drivers/net/net_failover"),
    GuestModule(condition: "virtio:0x0001", path: "drivers/net/virtio_net"),
    GuestModule(condition: "virtio:0x0002", path: "drivers/block/virtio_blk"),
    GuestModule(condition: "virtio:0x0008", path: "drivers/scsi/scsi_common"),
    GuestModule(condition: "virtio:0x0008", path: "drivers/scsi/scsi_mod"),
    GuestModule(condition: "virtio:0x0008", path: "drivers/scsi/virtio_scsi"),
    GuestModule(condition: "virtio:0x0008", path: "drivers/cdrom/cdrom"),
    GuestModule(condition: "virtio:0x0008", path: "drivers/scsi/sr_mod"),
    GuestModule(condition: "virtio:0x0008", path: "fs/isofs/isofs"),
    GuestModule(condition: "virtio:0x001a", path: "fs/fuse/fuse"),
    GuestModule(condition: "virtio:0x001a", path: "fs/fuse/virtiofs"),
    // Debian's cloud kernel has no 9p; its others have.
    GuestModule(condition: "virtio:0x0009", path: "fs/netfs/netfs"),
    GuestModule(condition: "virtio:0x0009", path: "fs/fscache/fscache"),
    GuestModule(condition: "virtio:0x0009", path: "net/9p/9pnet"),
    GuestModule(condition: "virtio:0x0009", path: "net/9p/9pnet_virtio"),
    GuestModule(condition: "virtio:0x0009", path: "fs/9p/9p"),
    GuestModule(condition: "pvpanic-pci", path: "drivers/misc/pvpanic/pvpanic"),
    GuestModule(condition: "pvpanic-pci", path: "drivers/misc/pvpanic/pvpanic-pci"),
    GuestModule(condition: "fwcfg", path: "drivers/firmware/qemu_fw_cfg"),
    GuestModule(condition: "efi", path: "fs/efivarfs/efivarfs"),
  ]
}
