import Processes

/// A machine's command as a line for a shell: no inherited descriptors, the console on the terminal,
/// cables that lead nowhere, no TPM and no monitor.
public enum StandaloneCommand {
  static func line(_ specification: MachineSpecification, host: HostCapabilities) -> String {
    var words = prefix(specification.environment)
    words.append(quoted(specification.binary))
    let arguments = ArgumentBuilder.arguments(for: specification, host: host, wiring: .standalone)
    words += arguments.map { quoted($0.description) }
    var leftOut: [String] = []
    if specification.tpm != nil { leftOut.append("the TPM") }
    if specification.hasVirtioFS { leftOut.append("its shares") }
    if !specification.endUses.isEmpty || !specification.portUses.isEmpty {
      leftOut.append("what the cables lead to")
    }
    var notes = leftOut.isEmpty ? [] : ["without " + leftOut.joined(separator: " and ")]
    if specification.hasVolatileFiles { notes.append("its disks and variables end with the run") }
    if !notes.isEmpty { words.append("# " + notes.joined(separator: "; ")) }
    return words.joined(separator: " ")
  }

  /// Sets the variables for what follows; nothing if there are none.
  static func prefix(_ environment: [String: String?]) -> [String] {
    if environment.isEmpty { return [] }
    var words = ["env"]
    for name in environment.keys.sorted() {
      if case .some(.some(let value)) = environment[name] {
        words.append(quoted("\(name)=\(value)"))
      } else {
        words.insert(contentsOf: ["-u", quoted(name)], at: 1)
      }
    }
    return words
  }

  /// `text` as one word of a POSIX shell.
  public static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ","), UInt8(ascii: "="),
        UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "%"):
        true
      default: false
      }
    }
    if isPlain && !text.isEmpty { return text }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}
