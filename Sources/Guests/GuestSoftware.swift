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

  /// What messages call a guest with it.
  var shown: String {
    let names = packages.isEmpty ? modules : packages
    guard !names.isEmpty else { return "a guest with files of its own" }
    return "a guest with \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? " …" : "")"
  }
}
