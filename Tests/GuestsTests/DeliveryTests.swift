import Events
import Glibc
import Notation
import Processes
import Synchronization
import Testing

@testable import Guests

/// qemu-guest-agent's port, with the guest's end played here. Tests/Scripts/debian.lua has the real
/// one.
@Suite struct DeliveryTests {
  // MARK: The parser

  private func parse(_ bytes: [UInt8], by size: Int) -> [JSON] {
    var parser = QGAParser()
    return stride(from: 0, to: bytes.count, by: size).flatMap {
      parser.take(bytes[$0..<min(bytes.count, $0 + size)])
    }
  }

  @Test(arguments: [1, 2, 7, 100_000]) func findsMessagesAmongNoise(_ size: Int) {
    let noise = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 7) }.filter { $0 != 0x0a }
    let text =
      noise + [0xff] + Array(#"{"return": 5}"#.utf8) + [0x0a] + Array("no JSON\n[1]\n\n".utf8)
      + Array(#"{"return": {"a": "é"}, "id": 7}"#.utf8) + [0x0d, 0x0a] + Array(#"{"half": "#.utf8)
    #expect(parse(text, by: size) == [["return": 5], ["return": ["a": "é"], "id": 7]])
  }

  @Test func aLineWithoutAnEndIsNotKept() {
    let endless = [UInt8](repeating: UInt8(ascii: "["), count: QGAParser.limit * 3)
    var parser = QGAParser()
    #expect(parser.take(endless) == [])
    #expect(parser.take(Array("\n{\"return\": 1}\n".utf8)) == [["return": 1]])
    #expect(parser.take(endless) == [])
    #expect(parser.take([0xff] + Array("{\"return\": 2}\n".utf8)) == [["return": 2]])
  }

  @Test func base64() {
    // RFC 4648, section 10.
    for (text, code) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ] {
      #expect(Base64.encode(Array(text.utf8)) == code)
      #expect(Base64.decode(code) == Array(text.utf8))
    }
    let all = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(all)) == all)
    #expect(Base64.decode("a*") == nil)
  }

  // MARK: The delivery

  /// A guest with both ports, whose agent says hello when it is started.
  private final class Guest {
    let agent: AgentClient
    let delivery: AgentDelivery
    let fake: FakeGuestAgent
    private let port: DescriptorBox

    init(_ behaviour: FakeGuestAgent.Behaviour = .init(), isSole: Bool = true) throws {
      let (ours, theirs) = try Descriptor.pair().split()
      let (monitor, guest) = try Descriptor.pair().split()
      let number = theirs.number
      port = theirs
      fake = FakeGuestAgent(guest, behaviour) { _ in Guest.hello(number, version: 2) }
      (agent, delivery) = Supervisor.sync {
        let agent = AgentClient(ours, isReplaceable: true)
        return (
          agent,
          AgentDelivery(monitor, to: agent, isSole: isSole, program: DeliveryTests.program)
        )
      }
    }

    func hello(version: UInt8) { Self.hello(port.number, version: version) }

    private static func hello(_ number: Int32, version: UInt8) {
      var hello: [UInt8] = []
      Frame(
        session: .random(in: 1 ... .max), request: 0, kind: .hello, length: FrameParser.helloBody
      ).encode(into: &hello)
      hello += [version, 0] + [UInt8](repeating: 0, count: FrameParser.helloBody - 2)
      _ = write(number, hello, hello.count)
    }
  }

  /// Three messages' worth. The agent itself is larger, which costs seconds without optimisation.
  private static let program = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
  private static let noise = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  @Test func bringsTheAgent() throws {
    let guest = try Guest(.init(noise: Self.noise, isStale: true))
    #expect(guest.agent.ready.block(until: .after(10)) != nil)
    #expect(guest.fake.uploaded == Self.program.count)
    #expect(guest.fake.shells.allSatisfy { $0.contains("--detach") && !$0.contains("--replace") })
    #expect(Supervisor.sync { guest.delivery.state } != nil)
  }

  /// Many times: the reboot may come at any point of what is left of the first conversation.
  @Test(arguments: 0..<20) func bringsItAgainAfterAReboot(_: Int) throws {
    let guest = try Guest()
    let first = guest.agent.ready.block(until: .after(10))
    Supervisor.sync {
      guest.agent.forgetGuest()
      guest.delivery.forgetGuest()
    }
    let second = guest.agent.ready.block(until: .after(10))
    #expect(first != nil && second != nil && first?.session != second?.session)
  }

  @Test func bringsItAgainWhenItWasKilled() throws {
    let guest = try Guest()
    #expect(guest.agent.ready.block(until: .after(10)) != nil)
    let process = Supervisor.sync {
      let process = guest.agent.exec(.shell("sleep 100"))
      guest.delivery.agentPortChanged(isOpen: false)
      return process
    }
    guard case .failure(let error)? = process.exited.block(until: .after(10)) else {
      Issue.record("the command outlives its agent")
      return
    }
    #expect(error.kind == .restarted)
    #expect(guest.agent.ready.block(until: .after(10)) != nil)
    #expect(guest.fake.shells.count == 2)
  }

  @Test func triesOtherFolders() throws {
    let guest = try Guest(.init(forbidden: ["/dev/shm", "/run"]))
    #expect(guest.agent.ready.block(until: .after(10)) != nil)
    #expect(guest.fake.shells.count == 3 && guest.fake.shells.last?.contains("'/tmp/") == true)
  }

  @Test func saysWhyItCannot() throws {
    let guest = try Guest(.init(forbidden: AgentDelivery.folders))
    let process = Supervisor.sync { guest.agent.exec(.shell("true")) }
    guard case .failure(let error)? = process.exited.block(until: .after(10)) else {
      Issue.record("the command was run by nobody")
      return
    }
    #expect(error.kind == .barred && error.message.contains("/run: sh: Permission denied"))
    #expect(guest.agent.barred.value == error)
  }

  @Test(arguments: ["guest-exec", "guest-file-open"])
  func namesWhatIsDisabled(_ name: String) throws {
    let guest = try Guest(.init(disabled: [name]))
    let error = guest.agent.barred.block(until: .after(10))
    #expect(error?.message.contains("does not allow \(name)") == true)
    #expect(error?.message.contains("/etc/qemu/qemu-ga.conf") == true)
    #expect(!guest.fake.commands.contains("guest-exec"))
  }

  /// The guest has the agent itself and needs nobody.
  @Test func standsBackForAnAgentThatIsThere() throws {
    let guest = try Guest(.init(disabled: ["guest-exec"]), isSole: false)
    guest.hello(version: 2)
    #expect(guest.agent.ready.block(until: .after(10)) != nil)
    #expect(guest.agent.barred.value == nil)
  }

  @Test func replacesAnAgentOfAnotherVersion() throws {
    let (ours, theirs) = try Descriptor.pair().split()
    let (monitor, guestEnd) = try Descriptor.pair().split()
    let agent = Supervisor.sync { AgentClient(ours, isReplaceable: true) }
    var hello: [UInt8] = []
    Frame(session: 3, request: 0, kind: .hello, length: FrameParser.helloBody).encode(into: &hello)
    hello += [9, 0] + [UInt8](repeating: 0, count: FrameParser.helloBody - 2)
    _ = write(theirs.number, hello, hello.count)
    // It has been read when the supervisor has nothing left to do.
    while Supervisor.sync({ agent.strangerVersion }) == nil { sched_yield() }
    let started = Event<String>()
    let fake = FakeGuestAgent(guestEnd) { started.set($0) }
    let delivery = Supervisor.sync {
      AgentDelivery(monitor, to: agent, isSole: true, program: Self.program)
    }
    #expect(started.block(until: .after(10))?.contains("--detach --replace") == true)
    #expect(Supervisor.sync { delivery.state }?.contains("version 9") == true)
    withExtendedLifetime((theirs, fake)) {}
  }
}
