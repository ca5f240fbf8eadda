import Foundation

/// What a run under test could leave: processes with its mark in their environment, and files in
/// directories of its own.
struct Traces {
  private let mark = UUID().uuidString
  let scratch: String

  init() throws {
    scratch = FileManager.default.temporaryDirectory.path + "/vmscript-test-\(mark)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  /// That of this process, with the mark and the directories.
  var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["VMSCRIPT_TEST_MARK"] = mark
    environment["XDG_RUNTIME_DIR"] = scratch
    environment["TMPDIR"] = scratch
    environment["XDG_STATE_HOME"] = scratch + "/state"
    return environment
  }

  /// What is left when 10 s have passed, or nothing as soon as that is so: the guardian may need a
  /// moment after a SIGKILL. Removes the directories.
  func left(_ more: () -> [String] = { [] }) -> [String] {
    let deadline = Date().addingTimeInterval(10)
    while true {
      let found = processes() + volatileFiles() + more()
      if found.isEmpty || Date() > deadline {
        try? FileManager.default.removeItem(atPath: scratch)
        return found
      }
      usleep(10_000)
    }
  }

  /// The folder in which a run makes volatile directories, below `scratch`.
  static let base = "vmscript-\(geteuid())"

  private func volatileFiles() -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: scratch + "/" + Self.base)
    let guests = try? FileManager.default.contentsOfDirectory(
      atPath: scratch + "/cache/vmscript/guest")
    return (names ?? []).map { "file \(Self.base)/\($0)" }
      + (guests ?? []).filter { $0.hasPrefix("building-") }.map { "folder \($0)" }
  }

  private func processes() -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int($0) != nil }.compactMap { pid in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        environment.range(of: Data(mark.utf8)) != nil
      else { return nil }
      let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return "process \(pid): \(String(decoding: line, as: UTF8.self))"
    }
  }
}
