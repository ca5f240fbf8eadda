/// A disk of a machine.
public enum Drive: Sendable {
  /// An image whose changes are thrown away when the machine ends.
  case throwaway(Disk)
  /// One of the script's, whose changes outlive the machine.
  case kept(KeptDisk)

  public var image: Disk {
    switch self {
    case .throwaway(let disk): disk
    case .kept(let disk): disk.image
    }
  }

  public var options: KeptDisk.Options? {
    if case .kept(let disk) = self { disk.options } else { nil }
  }

  /// Whether there may be something on it to boot from.
  public var isBootable: Bool { options?.isBootable ?? true }
}
