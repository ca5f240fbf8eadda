import Glibc

/// How much memory this process may have at the very most.
public struct HostMemory {
  /// Bytes.
  public var bytes: UInt64
  /// Who limits it: "this host", or the cgroup that does.
  public var owner: String

  /// The tightest limit; nil if none can be read. /proc/meminfo tells of the host alone: in a
  /// container a cgroup's limit holds, and what goes beyond is killed.
  static func limit() -> HostMemory? { tightest(withSwap: true) }

  /// The same without swap: what machines can have together while none is slow.
  public static func room() -> HostMemory? { tightest(withSwap: false) }

  private static func tightest(withSwap: Bool) -> HostMemory? {
    var limits = cgroups(withSwap: withSwap)
    if let total = field("MemTotal"), let swap = withSwap ? field("SwapTotal") : 0 {
      limits.append(HostMemory(bytes: total + swap, owner: "this host"))
    }
    return limits.min { $0.bytes < $1.bytes }
  }

  /// Bytes that can be had without swapping; nil if that is not known.
  public static var available: UInt64? { field("MemAvailable") }

  private static func field(_ name: String) -> UInt64? {
    for line in (Files.read("/proc/meminfo") ?? "").split(separator: "\n")
    where line.hasPrefix("\(name):") {
      return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 << 10 }
    }
    return nil
  }

  /// Those of the process's cgroup and of all above it, versions 1 and 2 (cgroups(7)). What version 1
  /// limits is memory without swap.
  private static func cgroups(withSwap: Bool) -> [HostMemory] {
    var limits: [HostMemory] = []
    for group in ControlGroup.own("memory") {
      if let bytes = group.isSecond
        ? second(group, withSwap: withSwap) : group.number("memory.limit_in_bytes")
      {
        limits.append(HostMemory(bytes: bytes, owner: "the cgroup \(group.path)"))
      }
    }
    return limits
  }

  private static func second(_ group: ControlGroup, withSwap: Bool) -> UInt64? {
    guard let memory = group.number("memory.max") else { return nil }
    if !withSwap { return memory }
    let swap = group.number("memory.swap.max") ?? field("SwapTotal") ?? 0
    return memory.addingReportingOverflow(swap).partialValue
  }

  /// Bytes as scripts write them: "31.3G".
  public static func shown(_ bytes: UInt64) -> String {
    let units = ["K", "M", "G", "T"]
    var (number, unit) = (Double(bytes) / 1024, 0)
    while number >= 1024, unit < units.count - 1 { (number, unit) = (number / 1024, unit + 1) }
    let tenths = Int64((number * 10).rounded())
    return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + units[unit]
  }
}
