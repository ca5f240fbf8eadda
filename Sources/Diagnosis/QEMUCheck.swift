import Machines
import Notation
import Processes

/// What QEMU is, and whether it has all that machines are made of. One QEMU without a machine is asked
/// over QMP.
struct QEMUCheck {
  static let program = "qemu-system-x86_64"
  /// With it came sockets of datagrams that are passed by descriptor: cables.
  private static let oldest = [7, 2]

  private let question = Question(
    program, ["-M", "none", "-nodefaults", "-no-user-config", "-display", "none", "-qmp", "stdio"],
    input: """
      {"execute":"qmp_capabilities"}
      {"execute":"qom-list-types","arguments":{"implements":"device"},"id":"devices"}
      {"execute":"query-machines","id":"machines"}
      {"execute":"query-tpm-types","id":"tpms"}
      {"execute":"netdev_add","arguments":{"type":"user","id":"n"},"id":"user"}
      {"execute":"quit"}

      """)

  /// A part of QEMU, the version that brought it, and what needs it.
  private struct Part {
    var name: String
    var since: String
    var use: String
    /// Without it not even the default guest boots.
    var isVital = true
  }

  private static let machineParts = [
    Part(name: "microvm", since: "4.2", use: "microvm {}"),
    Part(name: "q35", since: "1.4", use: "qemu {}"),
  ]
  private static let deviceParts = [
    Part(name: "virtio-net-device", since: "1.5", use: "networks of a microvm"),
    Part(name: "virtio-net-pci", since: "0.10", use: "networks of qemu {}"),
    Part(name: "virtio-serial-device", since: "1.5", use: "the agent"),
    Part(name: "virtio-serial-pci", since: "0.13", use: "the agent of qemu {}"),
    Part(name: "virtconsole", since: "0.13", use: "the console"),
    Part(name: "virtio-rng-device", since: "1.5", use: "the guest's random numbers"),
    Part(name: "pvpanic-pci", since: "6.0", use: "qemu {}"),
    Part(name: "vhost-user-fs-device", since: "4.2", use: "shares by virtiofs", isVital: false),
    Part(name: "tpm-tis", since: "2.12", use: "tpm {}", isVital: false),
  ]
  private static let slirp = Part(
    name: "-netdev user", since: "0.10", use: "port maps: it was built without libslirp")
  private static let emulator = Part(
    name: "-tpmdev emulator", since: "2.11", use: "tpm {}", isVital: false)

  func findings() -> [Finding] {
    let remedy = Software.qemuX86.remedy
    guard let path = question.path else {
      return [Finding("qemu", .missing, "there is no \(Self.program) in PATH", remedy: remedy)]
    }
    let details = [JSON.Member("path", .string(path))]
    let text: String
    switch question.answer() {
    case .text(let answer): text = answer
    case .failed(let reason):
      return [Finding("qemu", .missing, "\(path) does not run: \(reason)", remedy: remedy, details)]
    case .none, .absent:
      let message = "\(path) does not answer within \(Int(Question.patience)) s"
      return [Finding("qemu", .missing, message, remedy: remedy, details)]
    }
    let lines = text.split(whereSeparator: \.isNewline).compactMap {
      try? JSON.parse(Array($0.utf8))
    }
    guard let version = lines.lazy.compactMap(Self.version).first else {
      let words = Console.sanitised(text.prefix { !$0.isNewline }.prefix(60).utf8)
      let message = "\(path) does not answer as QEMU does: '\(words)'"
      return [Finding("qemu", .missing, message, remedy: remedy, details)]
    }
    return [Self.age(path, version, details), Self.parts(lines)]
  }

  /// Of QMP's greeting.
  private static func version(_ line: JSON) -> [Int64]? {
    guard let qemu = line["QMP"]?["version"]?["qemu"] else { return nil }
    let numbers = ["major", "minor", "micro"].compactMap { qemu[$0]?.integer }
    return numbers.count == 3 ? numbers : nil
  }

  private static func age(_ path: String, _ version: [Int64], _ known: [JSON.Member]) -> Finding {
    let shown = version.map(String.init).joined(separator: ".")
    let details = known + [JSON.Member("version", .string(shown))]
    guard version.lexicographicallyPrecedes(oldest.map(Int64.init)) else {
      return Finding("qemu", .ok, "\(path), version \(shown)", details)
    }
    return Finding(
      "qemu", .missing,
      "\(path) is version \(shown), and 7.2 is the oldest that will do (-netdev dgram)",
      remedy: "install a later version: \(Software.qemuX86.remedy)", details)
  }

  private static func parts(_ lines: [JSON]) -> Finding {
    func answer(_ id: String) -> JSON? { lines.first { $0["id"]?.text == id } }
    var lacking: [Part] = []
    var unknown: [String] = []
    func look(_ id: String, _ parts: [Part], names: (JSON) -> [String]) {
      guard let elements = answer(id)?["return"]?.elements else {
        unknown.append(id)
        return
      }
      let known = Set(elements.flatMap(names))
      lacking += parts.filter { !known.contains($0.name) }
    }
    look("machines", machineParts) { [$0["name"]?.text, $0["alias"]?.text].compactMap(\.self) }
    look("devices", deviceParts) { [$0["name"]?.text].compactMap(\.self) }
    if let types = answer("tpms")?["return"]?.elements {
      if !types.contains(where: { $0.text == "emulator" }) { lacking.append(emulator) }
    } else {
      lacking.append(emulator)
    }
    if answer("user")?["return"] == nil { lacking.append(slirp) }
    let details = [
      JSON.Member("lacking", .array(lacking.map { .string($0.name) })),
      JSON.Member("unknown", .array(unknown.map { .string($0) })),
    ]
    if !lacking.isEmpty {
      let list = lacking.map { "\($0.name) (since \($0.since)) for \($0.use)" }
      return Finding(
        "qemu-parts", lacking.contains(where: \.isVital) ? .missing : .warn,
        "this QEMU has no " + list.joined(separator: ", no "),
        remedy: "install a later version, or one built with it: \(Software.qemuX86.remedy)", details
      )
    }
    if !unknown.isEmpty {
      return Finding(
        "qemu-parts", .warn, "QEMU does not say which \(unknown.joined(separator: " and ")) it has",
        remedy: "try \(program) -\(unknown[0].dropLast()) help", details)
    }
    return Finding(
      "qemu-parts", .ok,
      "microvm, q35, -netdev dgram, socket and user, virtio, pvpanic, vhost-user-fs, TPM", details)
  }
}
