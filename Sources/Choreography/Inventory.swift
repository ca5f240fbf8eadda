import Guests
import Machines
import Processes

/// What a script that is only rehearsed has made, in order. Machines are the run's own.
final class Inventory {
  struct Guest {
    var shown: String
    var image: GuestImage
    /// Nothing that it is made from has changed since it was made.
    var isCurrent: Bool
  }

  private(set) var guests: [Guest] = []
  var cables: [Cable] = []
  var networks: [NetworkObject] = []
  var portMaps: [PortMap] = []
  var tpms: [TPM] = []
  var disks: [KeptDisk] = []
  var processes: [ProcessObject] = []
  /// Files that the run would make.
  var absentFiles: Set<String> = []
  private var paths: Set<String> = []

  func add(guest shown: String, _ image: GuestImage, isCurrent: Bool) {
    if image.isAbsent {
      absentFiles.formUnion([image.kernel, image.packedKernel, image.initramfs])
    }
    guard !guests.contains(where: { $0.image == image }) else { return }
    guests.append(Guest(shown: shown, image: image, isCurrent: isCurrent))
  }

  /// The name of a file in the run's directory, as that gives them.
  func freshPath(_ hint: String) -> String {
    var (name, number) = (hint, 2)
    while !paths.insert(name).inserted {
      name = "\(hint)-\(number)"
      number += 1
    }
    return VolatileDirectory.rehearsedPath(name)
  }
}
