import Glibc

/// How much memory this process may have at the very most.
public struct HostMemory {
  /// Bytes.
  var bytes: UInt64
  /// Who limits it: "this host", or the cgroup that does.
  var owner: String

  /// The tightest limit; nil if none can be read. /proc/meminfo tells of the host alone: in a
  /// container a cgroup's limit holds, and what goes beyond is killed.
  static func limit() -> HostMemory? { tightest(withSwap: true) }

  /// The same without swap: what machines can have together while none is slow.
  static func room() -> HostMemory? { tightest(withSwap: false) }

  private static func tightest(withSwap: Bool) -> HostMemory? {
    var limits = cgroups(withSwap: withSwap)
    if let total = field("MemTotal"), let swap = withSwap ? field("SwapTotal") : 0 {
      limits.append(HostMemory(bytes: total + swap, owner: "this host"))
    }
    return limits.min { $0.bytes < $1.bytes }
  }

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
    for line in (Files.read("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      var path = String(parts[2])
      while true {
        let folder = root + (path == "/" ? "" : path)
        if let bytes = isSecond
          ? second(folder, withSwap: withSwap) : number("\(folder)/memory.limit_in_bytes")
        {
          limits.append(HostMemory(bytes: bytes, owner: "the cgroup \(path)"))
        }
        guard path != "/", let slash = path.lastIndex(of: "/") else { break }
        path = slash == path.startIndex ? "/" : String(path[..<slash])
      }
    }
    return limits
  }

  private static func second(_ folder: String, withSwap: Bool) -> UInt64? {
    guard let memory = number("\(folder)/memory.max") else { return nil }
    if !withSwap { return memory }
    let swap = number("\(folder)/memory.swap.max") ?? field("SwapTotal") ?? 0
    return memory.addingReportingOverflow(swap).partialValue
  }

  /// "max" is none.
  private static func number(_ path: String) -> UInt64? {
    Files.read(path).flatMap { UInt64($0.filter { !$0.isWhitespace }) }
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
