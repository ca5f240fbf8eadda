import Foundation
import Glibc
import Testing

/// SIGKILL at any moment leaves nothing but the record. `make soak` does this for longer.
@Suite(.serialized) struct SuddenDeathTests {
  /// What of a run outlives it, and where to look for it.
  private struct Victim {
    private let traces: Traces
    private let ports: [UInt16]
    private let child: ChildProcess

    init() throws {
      traces = try Traces()
      ports = [Self.freePort(SOCK_STREAM), Self.freePort(SOCK_DGRAM)]
      let script = ScriptTests.root + "/Tests/Fixtures/two-machines.lua"
      child = try ChildProcess(
        [ScriptRun.binary, "run", script] + ports.map(String.init),
        environment: traces.environment, directory: ScriptTests.root)
    }

    /// The status as ChildProcess has it.
    func kill(after seconds: Double) -> Int32? {
      let moment = Date().addingTimeInterval(seconds)
      var isKilled = false
      child.run { child in
        let rest = moment.timeIntervalSinceNow
        if rest > 0 { return rest }
        if !isKilled && child.status == nil { Glibc.kill(child.pid, SIGKILL) }
        isKilled = true
        return 1
      }
      return child.status
    }

    /// All but the record and the folder in which volatile directories are made.
    func left() -> [String] {
      traces.left {
        let all = try? FileManager.default.contentsOfDirectory(atPath: traces.scratch)
        return (all ?? []).filter { $0 != "state" && $0 != Traces.base }.map { "file \($0)" }
          + ports.filter { !Self.canBind($0) }.map { "port \($0)" }
      }
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
      #expect(status == -SIGKILL, "it ended by itself, status \(status ?? 0), before \(moment) s")
      #expect(victim.left() == [], "killed after \(moment) s")
    }
  }
}
