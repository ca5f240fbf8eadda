import Foundation
import Glibc
import Testing

/// SIGKILL at any moment leaves nothing but the record. `make soak` does this for longer.
@Suite(.serialized) struct SuddenDeathTests {
  /// What of a run outlives it, and where to look for it.
  private struct Victim {
    let mark = UUID().uuidString
    let scratch: URL
    let ports: [UInt16]
    var pid: pid_t = 0

    init() throws {
      scratch = FileManager.default.temporaryDirectory.appending(path: "vmscript-test-\(mark)")
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      ports = [Self.freePort(SOCK_STREAM), Self.freePort(SOCK_DGRAM)]
      pid = try start()
    }

    /// By posix_spawn with no signal blocked or ignored: Foundation's Process passes on what this
    /// thread has blocked.
    private func start() throws -> pid_t {
      let script = ScriptTests.root + "/Tests/bench/two-machines.lua"
      var environment = ProcessInfo.processInfo.environment
      environment["VMSCRIPT_TEST_MARK"] = mark
      environment["XDG_RUNTIME_DIR"] = scratch.path
      environment["TMPDIR"] = scratch.path
      environment["XDG_STATE_HOME"] = scratch.path + "/state"
      let words = [ScriptRun.binary, "run", script] + ports.map(String.init)
      var arguments = words.map { strdup($0) } + [nil]
      var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
      defer { for text in arguments + variables { free(text) } }

      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var signals = sigset_t()
      sigemptyset(&signals)
      posix_spawnattr_setsigmask(&attributes, &signals)
      sigfillset(&signals)
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
      var files = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&files)
      defer { posix_spawn_file_actions_destroy(&files) }
      for number: Int32 in 0...2 {
        posix_spawn_file_actions_addopen(&files, number, "/dev/null", O_RDWR, 0)
      }
      var pid: pid_t = 0
      let error = posix_spawn(&pid, words[0], &files, &attributes, &arguments, &variables)
      try #require(error == 0, "cannot start \(words[0]): \(String(cString: strerror(error)))")
      return pid
    }

    /// The status as wait(2) has it.
    func kill(after seconds: Double) -> Int32 {
      Thread.sleep(forTimeInterval: seconds)
      Glibc.kill(pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
      return status
    }

    /// What is left when 10 s have passed, or nothing as soon as that is so.
    func left() -> [String] {
      let deadline = Date().addingTimeInterval(10)
      while true {
        let found = processes() + files() + ports.filter { !Self.canBind($0) }.map { "port \($0)" }
        if found.isEmpty || Date() > deadline {
          try? FileManager.default.removeItem(at: scratch)
          return found
        }
        usleep(10_000)
      }
    }

    private func processes() -> [String] {
      let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return all.filter { Int($0) != nil }.compactMap { pid in
        guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
          environment.range(of: Data(mark.utf8)) != nil
        else { return nil }
        let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm") ?? Data()
        return "process \(pid): \(String(decoding: name, as: UTF8.self))"
      }
    }

    /// All but the record and the folder in which volatile directories are made.
    private func files() -> [String] {
      let base = "vmscript-\(geteuid())"
      let volatile = try? FileManager.default.contentsOfDirectory(atPath: scratch.path + "/" + base)
      let all = try? FileManager.default.contentsOfDirectory(atPath: scratch.path)
      return (volatile ?? []).map { "file \(base)/\($0)" }
        + (all ?? []).filter { $0 != "state" && $0 != base }.map { "file \($0)" }
    }

    /// Below those that the kernel gives to anyone who asks for none in particular.
    private static func freePort(_ kind: __socket_type) -> UInt16 {
      while true {
        let port = UInt16.random(in: 20000..<32000)
        if canBind(port, kind) { return port }
      }
    }

    private static func canBind(_ port: UInt16) -> Bool {
      canBind(port, SOCK_STREAM) && canBind(port, SOCK_DGRAM)
    }

    private static func canBind(_ port: UInt16, _ kind: __socket_type) -> Bool {
      let probe = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
      defer { close(probe) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      return withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
    }
  }

  /// Two thirds of the moments are in the first third of a second, in which all is started.
  @Test func aKillAtThirtyRandomMomentsOfATwoMachineBootLeavesNothing() throws {
    for round in 0..<30 {
      let moment = Double.random(in: 0..<(round % 3 == 0 ? 3 : 0.35))
      let victim = try Victim()
      let status = victim.kill(after: moment)
      #expect(status & 0x7f == SIGKILL, "it ended by itself, status \(status), before \(moment) s")
      #expect(victim.left() == [], "killed after \(moment) s")
    }
  }
}
