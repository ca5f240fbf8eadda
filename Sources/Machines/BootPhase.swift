/// How far a boot has come, in order (docs/record.md).
public enum BootPhase: String, CaseIterable, Sendable {
  case launched
  case firstByte = "first_byte"
  case kernel
  case initial = "init"
  case ready, exited
}

/// Finds the phases of a boot that show on a console.
struct BootScanner {
  /// The kernel's first line (init/main.c), and what it says before it runs init; `quiet` hides both.
  private static let marks: [(phase: BootPhase, text: String)] = [
    (.kernel, "Linux version "), (.initial, " as init process"),
  ]
  /// Behind so many bytes it is not the kernel's boot any more that speaks.
  private static let limit = 256 << 10

  private var length = 0
  private var scanners = marks.map { ($0.phase, TextScanner([Array($0.text.utf8)])) }

  mutating func find(in bytes: [UInt8]) -> [BootPhase] {
    var found: [BootPhase] = length == 0 && !bytes.isEmpty ? [.firstByte] : []
    guard length < Self.limit else { return found }
    length += bytes.count
    for index in scanners.indices.reversed()
    where scanners[index].1.find(in: bytes) != nil {
      found.append(scanners.remove(at: index).0)
    }
    return found
  }
}
