import Events
import Glibc

@testable import Processes

/// A run of the program `ProcessFixture` in a process of its own, with directories of its own, all
/// of whose processes bear a mark.
@Supervisor final class Fixture {
  let child: Child
  let output: DescriptorBox
  let mark: String

  /// It stays in this process's group, so that its end is nobody's help but its own.
  init(_ arguments: String..., in base: String, through wrapper: [String] = []) throws {
    mark = "VMSCRIPT_FIXTURE=\(UInt64.random(in: 0 ... .max))"
    let own = try Fixture.path()
    let line = wrapper + [own] + arguments
    var command = Command(
      name: "fixture", executable: line[0], arguments: line.dropFirst().map { Argument($0) })
    command.environment = [
      "VMSCRIPT_FIXTURE": String(mark.dropFirst(17)), "XDG_RUNTIME_DIR": base, "TMPDIR": base,
    ]
    command.standardOutput = .descriptor("out")
    command.hasOwnGroup = false
    let (reader, writer) = try Descriptor.pipe().split()
    output = reader
    child = try Launcher.launch(command, descriptors: ["out": writer])
  }

  /// Beside the program that runs the tests.
  private static func path() throws -> String {
    let own = String(cString: realpath("/proc/self/exe", nil))
    return own[..<own.lastIndex(of: "/")!] + "/ProcessFixture"
  }

  /// The next `count` lines that it says, or fewer at its end.
  nonisolated func hear(_ count: Int = 1) throws -> [String] { try lines(count, from: output) }

  /// The processes that bear its mark: itself, its guardian, its children and theirs.
  nonisolated var processes: [Int32] {
    Folder.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
      contents("/proc/\(pid)/environ")?.split(separator: "\0").contains { $0 == mark } == true
        && isAlive(pid)
    }
  }

  /// Its guardian, once it has given itself its name, and is not `other`.
  nonisolated func guardian(otherThan other: Int32 = 0) -> Int32? {
    var found: Int32?
    _ = eventually {
      found = processes.first {
        $0 != other && contents("/proc/\($0)/comm") == "vmscript-guard\n"
      }
      return found != nil
    }
    return found
  }
}

/// A directory for one test, removed when released.
final class Scratch {
  let path = "/tmp/processes-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  /// Where volatile directories are made.
  var volatile: [String] { Folder.names(in: path + "/vmscript-\(geteuid())") }
  init() { mkdir(path, 0o700) }
  deinit { try? Folder.remove(path) }
}
