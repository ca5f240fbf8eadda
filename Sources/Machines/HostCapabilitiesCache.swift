import Glibc

/// Remembers what was found of the host in $XDG_CACHE_HOME/vmscript (default ~/.cache/vmscript),
/// until the host boots again. What cannot be read or written is measured again, and no error.
struct HostCapabilitiesCache {
  private let directory: String?
  private let boot: String?
  /// A user who has since been given access to /dev/kvm must not be told the old answer.
  private let access = Glibc.access("/dev/kvm", R_OK | W_OK) == 0 ? "kvm" : "none"

  init() {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let base = variable("XDG_CACHE_HOME") ?? variable("HOME").map { $0 + "/.cache" }
    self.init(directory: base.map { $0 + "/vmscript" })
  }

  init(directory: String?) {
    self.directory = directory
    boot = Files.read("/proc/sys/kernel/random/boot_id")
      .map { $0.filter { $0 != "\n" } }
  }

  private var path: String? { directory.map { $0 + "/host" } }

  func read() -> HostCapabilities? {
    guard let path, let boot, let text = Files.read(path) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 5, lines[0] == boot, lines[1] == access,
      let accelerator = HostCapabilities.Accelerator(rawValue: lines[2])
    else { return nil }
    return HostCapabilities(
      accelerator: accelerator, whyNoKVM: lines[4].isEmpty ? nil : lines[4],
      tscKilohertz: UInt64(lines[3]))
  }

  func write(_ host: HostCapabilities) {
    guard let directory, let path, let boot else { return }
    Files.makeDirectories(directory)
    let kilohertz = host.tscKilohertz.map(String.init) ?? ""
    let text = [boot, access, host.accelerator.rawValue, kilohertz, host.whyNoKVM ?? "", ""]
      .joined(separator: "\n")
    // Written aside and moved into place: two runs may do this at once.
    let aside = "\(path).\(getpid())"
    guard Files.write(text, to: aside) else { return }
    if rename(aside, path) != 0 { unlink(aside) }
  }
}
