/// A cgroup that this process is in (cgroups(7)).
public struct ControlGroup: Sendable {
  /// As /proc/self/cgroup has it.
  public var path: String
  /// Of version 2.
  public var isSecond: Bool
  private let folder: String

  /// The process's own with this controller and all above it, innermost first, of versions 1 and 2.
  public static func own(_ controller: String) -> [ControlGroup] {
    var groups: [ControlGroup] = []
    for line in (Files.read("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains(Substring(controller)) else {
        continue
      }
      let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controller)"
      var path = String(parts[2])
      while true {
        groups.append(
          ControlGroup(
            path: path, isSecond: isSecond, folder: root + (path == "/" ? "" : path)))
        guard path != "/", let slash = path.lastIndex(of: "/") else { break }
        path = slash == path.startIndex ? "/" : String(path[..<slash])
      }
    }
    return groups
  }

  /// The number in one of its files; nil for "max", and where there is none.
  public func number(_ file: String) -> UInt64? {
    Files.read("\(folder)/\(file)").flatMap { UInt64($0.filter { !$0.isWhitespace }) }
  }
}
