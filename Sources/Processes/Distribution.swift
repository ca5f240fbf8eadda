import Glibc

/// A family of Linux distributions that share their packages' names.
public enum Distribution: String, Sendable, CaseIterable {
  case debian, fedora, arch, nix

  /// This host's; nil for one that is not known.
  public static let host = Distribution(osRelease: read("/etc/os-release"))

  /// By the text of /etc/os-release: the first of ID and ID_LIKE that is known (os-release(5)).
  public init?(osRelease text: String) {
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let sign = line.firstIndex(of: "=") else { continue }
      let value = line[line.index(after: sign)...].filter { $0 != "\"" && $0 != "'" }
      values[String(line[..<sign])] = value
    }
    let words = [values["ID"], values["ID_LIKE"]].compactMap(\.self)
      .flatMap { $0.split(separator: " ") }
    guard let known = words.lazy.compactMap({ Self.names[String($0)] }).first else { return nil }
    self = known
  }

  private static let names: [String: Distribution] = [
    "debian": .debian, "ubuntu": .debian, "fedora": .fedora, "rhel": .fedora, "centos": .fedora,
    "arch": .arch, "archlinux": .arch, "nixos": .nix,
  ]

  /// As messages call it.
  public var name: String {
    switch self {
    case .debian: "Debian, Ubuntu"
    case .fedora: "Fedora"
    case .arch: "Arch"
    case .nix: "Nix"
    }
  }

  /// The command that installs these, each package once.
  func command(_ software: [Software]) -> String {
    var packages: [String] = []
    for item in software.map(package) where !packages.contains(item) { packages.append(item) }
    let names = packages.joined(separator: " ")
    switch self {
    case .debian: return "sudo apt-get install \(names)"
    case .fedora: return "sudo dnf install \(names)"
    case .arch: return "sudo pacman -S \(names)"
    case .nix: return "nix-shell -p \(names)"
    }
  }

  private func package(_ software: Software) -> String {
    switch self {
    case .debian: software.debian
    case .fedora: software.fedora
    case .arch: software.arch
    case .nix: software.nix
    }
  }

  private static func read(_ path: String) -> String {
    guard let file = try? Descriptor.open(path, O_RDONLY), let bytes = try? file.read(upTo: 1 << 16)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
