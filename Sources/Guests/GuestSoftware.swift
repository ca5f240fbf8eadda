/// What a script wants in the default guest beside what is in it.
public struct GuestSoftware: Sendable, Hashable {
  /// Names of the distribution's packages.
  public var packages: [String] = []
  /// Names of the kernel's modules, which are loaded at each boot.
  public var modules: [String] = []
  /// Users for services, with a group of the same name each.
  public var users: [String] = []
  /// By their whole paths.
  public var files: [String: PlacedFile] = [:]

  public init() {}

  public var isEmpty: Bool {
    packages.isEmpty && modules.isEmpty && users.isEmpty && files.isEmpty
  }

  /// With the shell that takes programs where packages put them: busybox's prefers its own, whatever
  /// is in PATH.
  var allPackages: [String] { packages.isEmpty ? [] : packages + [Self.shell] }

  static let shell = "dash"

  /// Changed whenever this program puts the same into a guest in another way.
  private static let recipe = "2"

  /// Says all of it; long files by their hash.
  var text: String {
    var lines = [
      "software \(Self.recipe)", "packages \(packages.joined(separator: " "))",
      "modules \(modules.joined(separator: " "))",
      "users \(users.joined(separator: " "))",
    ]
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "file \(path) \(String(file.mode, radix: 8)) \(file.bytes.count)"
          + " \(GuestCache.hash(file.bytes))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Why its files cannot all be in a guest, for a message; nil if they can.
  public var flaw: String? {
    let folders = Set((GuestBuilder.folders + GuestBuilder.doubles).map(SoftwareBuilder.place))
    var taken: [String: String] = [:]
    for path in files.keys.sorted() {
      let place = SoftwareBuilder.place(path)
      let parts = place.split(separator: "/")
      if place == "init" || place.hasPrefix("etc/vmscript/") {
        return "'\(path)' is the guest's own"
      }
      if folders.contains(place) { return "'\(path)' is a folder of the guest" }
      if path.utf8.count > 1024 || parts.contains(where: { $0.utf8.count > 255 }) {
        return "a path has up to 1024 bytes, and each name in it up to 255, which '\(path)' has not"
      }
      if let other = taken[place] {
        return "'\(other)' and '\(path)' are one file in the guest"
      }
      for count in 1..<parts.count {
        guard let other = taken[parts.prefix(count).joined(separator: "/")] else { continue }
        return "'\(path)' cannot be below '\(other)', which is a file"
      }
      taken[place] = path
    }
    return nil
  }

  /// What messages call a guest with it.
  public var shown: String {
    let names = packages.isEmpty ? modules : packages
    guard !names.isEmpty else { return "a guest with files of its own" }
    return "a guest with \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? " …" : "")"
  }
}
