import Glibc
import Machines
import Notation

/// Whether machines run on hardware, and if not, why.
enum KVMCheck {
  static func finding() -> Finding {
    let found = Result { () throws(MachineError) in try HostCapabilities.find() }
    guard case .success(let host) = found else {
      return Finding("kvm", .warn, "it cannot be told whether KVM works")
    }
    guard let why = host.whyNoKVM else {
      return Finding(
        "kvm", .ok, "works (tried)", [JSON.Member("state", "works")])
    }
    let (state, remedy) = cause()
    return Finding(
      "kvm", .warn, "\(why); machines run without it, several times slower", remedy: remedy,
      [JSON.Member("state", .string(state)), JSON.Member("reason", .string(why))])
  }

  /// A word for it, and what to do.
  private static func cause() -> (String, String) {
    if access("/dev/kvm", R_OK | W_OK) == 0 {
      return (
        "emulated",
        "nested virtualisation seems to be off or emulated: turn it on in the machine that this one runs"
          + " in, or use another host"
      )
    }
    if errno == EACCES || errno == EPERM { return ("permission", permission) }
    let flags = processorFlags
    if flags.contains("vmx") { return ("module", "sudo modprobe kvm_intel") }
    if flags.contains("svm") { return ("module", "sudo modprobe kvm_amd") }
    if flags.contains("hypervisor") {
      return (
        "nested",
        "this is a virtual machine without nested virtualisation: turn that on in its host (kvm_intel or"
          + " kvm_amd with nested=1, and the host's processor for this machine), or use another host"
      )
    }
    return (
      "absent",
      "turn on virtualisation (VT-x, AMD-V) in the host's firmware, if its processor has it"
    )
  }

  private static var permission: String {
    var status = stat()
    var group = "kvm"
    if stat("/dev/kvm", &status) == 0, let entry = getgrgid(status.st_gid) {
      group = String(cString: entry.pointee.gr_name)
    }
    // root's group is given to nobody: then an entry in the access list.
    let isUsual = status.st_mode & 0o060 == 0o060 && group != "root"
    return isUsual
      ? "sudo usermod -aG \(group) \"$USER\", then log in again"
      : "sudo setfacl -m \"u:$USER:rw\" /dev/kvm"
  }

  private static var processorFlags: Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, file) >= 0, let text = line.map({ String(cString: $0) }) {
      if text.hasPrefix("flags") {
        return Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
      }
    }
    return []
  }
}
