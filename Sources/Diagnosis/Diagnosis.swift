import Events
import Notation
import Processes

/// Whether this host can do what scripts want of it, and what mends the rest.
public struct Diagnosis: Sendable {
  /// Changed when a reader of the former would fail.
  static let schema: Int64 = 1

  public var findings: [Finding]
  public var distribution: Distribution?

  /// The main job, to boot the default guest, can be done.
  public var isFit: Bool { !findings.contains { $0.level == .missing } }

  /// Looks at everything, side by side where it takes time. Some 100 ms; programs that do not answer are
  /// given up after 2 s. Not for the supervisor's thread.
  public static func make() -> Diagnosis {
    let qemu = QEMUCheck()
    let swtpm = Question("swtpm", ["--version"])
    // Measured while the programs answer.
    let kvm = KVMCheck.finding()
    let disks = StorageChecks.findings()
    let limits = LimitChecks.findings()
    let tools = ToolChecks.findings()
    let findings =
      qemu.findings() + [kvm, ToolChecks.swtpm(swtpm)] + tools.machines + [StorageChecks.guest()]
      + limits + disks + tools.others
    Supervisor.wait {
      await Launcher.stopAll(grace: 0.1)
      Guardian.dismiss()
    }
    return Diagnosis(findings: findings, distribution: Distribution.host)
  }

  /// As `vmscript doctor --json` prints it; docs/doctor.md describes it.
  public var json: String {
    let value: JSON = [
      "schema": .integer(Self.schema), "fit": .bool(isFit),
      "distribution": distribution.map { .string($0.rawValue) } ?? .null,
      "findings": .array(findings.map(\.value)),
    ]
    return value.encoded(indent: 2)
  }

  /// Lines of at most 80 columns where words allow it, without a final line feed.
  public var text: String {
    var lines: [String] = []
    let indent = String(repeating: " ", count: 20)
    for finding in findings {
      let head = Self.padded(finding.level.rawValue, 8) + Self.padded(finding.id, 12)
      lines += Folding.lines(finding.text, width: 80, first: head, others: indent)
      if let remedy = finding.remedy {
        lines += Folding.lines(remedy, width: 80, first: indent + "→ ", others: indent + "  ")
      }
    }
    lines.append("")
    lines.append(
      isFit
        ? "Scripts can boot the default guest here." : "Scripts cannot boot the default guest here."
    )
    return lines.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
