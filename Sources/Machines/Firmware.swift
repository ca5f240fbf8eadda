/// What a full PC runs first.
public enum Firmware: Sendable {
  /// SeaBIOS, which comes with QEMU.
  case bios
  /// UEFI, with variables that are thrown away when the machine ends.
  case uefi(FirmwareFiles)
  /// UEFI with variables that outlive the machine.
  case kept(UEFI)

  public var files: FirmwareFiles? {
    switch self {
    case .bios: nil
    case .uefi(let files): files
    case .kept(let uefi): uefi.files
    }
  }
}
