import Events
import Glibc
import Processes
import Testing

@testable import Guests

/// Hellos of the boot that ends and of the next, as a guest with qemu-guest-agent may send them.
@Suite struct RebootTests {
  private final class Guest {
    let client: AgentClient
    private let port: DescriptorBox

    init() throws {
      let (ours, theirs) = try Descriptor.pair().split()
      port = theirs
      client = Supervisor.sync { AgentClient(ours, isReplaceable: true) }
    }

    func hello(session: UInt32, boot: String) {
      var hello: [UInt8] = []
      Frame(session: session, request: 0, kind: .hello, length: FrameParser.helloBody)
        .encode(into: &hello)
      var body = [2, 0] + [UInt8](repeating: 0, count: FrameParser.helloBody - 2)
      body.replaceSubrange(16..<16 + boot.utf8.count, with: boot.utf8)
      hello += body
      _ = write(port.number, hello, hello.count)
    }

    /// Returns when the client has that session.
    func isHeard(_ session: UInt32) -> Bool {
      for _ in 0..<1000 {
        if client.ready.value?.session == session { return true }
        usleep(10_000)
      }
      return false
    }
  }

  private static func nextBoot(
    _ client: AgentClient, after old: AgentReady, within seconds: Double, hasBegun: Bool
  ) -> Task<AgentError?, Never> {
    Task { @Supervisor in
      await client.nextBoot(after: old, until: .after(seconds)) { hasBegun }
    }
  }

  @Test func aSecondAgentOfTheSameBootIsNoReboot() async throws {
    let guest = try Guest()
    guest.hello(session: 1, boot: "first")
    let old = try #require(guest.client.ready.block(until: .after(10)))
    let reboot = Self.nextBoot(guest.client, after: old, within: 20, hasBegun: false)
    guest.hello(session: 2, boot: "first")
    #expect(guest.isHeard(2), "an agent that somebody killed is brought again in the same boot")
    guest.hello(session: 3, boot: "second")
    _ = await reboot.value
    #expect(guest.client.ready.value?.bootID == "second")
  }

  @Test func whatIsSaidBeforeAResetAndReadBehindItIsOfNoNewBoot() throws {
    let guest = try Guest()
    let client = guest.client
    guest.hello(session: 1, boot: "first")
    _ = try #require(client.ready.block(until: .after(10)))
    Supervisor.sync { client.forgetGuest() }
    guest.hello(session: 2, boot: "first")
    #expect(client.ready.block(until: .after(0.3)) == nil)
    guest.hello(session: 3, boot: "second")
    #expect(client.ready.block(until: .after(10))?.session == 3)
  }

  @Test func aGuestOfTheNextBootThatCannotBeHad() async throws {
    let guest = try Guest()
    let client = guest.client
    guest.hello(session: 1, boot: "first")
    let old = try #require(client.ready.block(until: .after(10)))
    Supervisor.sync { client.bar(AgentError(.barred, "not allowed")) }
    // Of the boot that ends nobody wants to know.
    let early = Self.nextBoot(client, after: old, within: 0.05, hasBegun: false)
    #expect(await early.value == nil)
    let refusal = Self.nextBoot(client, after: old, within: 10, hasBegun: true)
    #expect(await refusal.value?.message == "not allowed")
  }
}
