import Events
import Glibc
import Processes
import Testing

@testable import Machines

/// What the other side of a QMP connection might do.
@Suite @Supervisor struct QMPTests {
  private func connect(
    onEvent: @escaping @Supervisor (QMPEvent) -> Void = { _ in }
  ) throws -> (QMP, DescriptorBox) {
    let pair = try Descriptor.pair()
    let (ours, theirs) = pair.split()
    return (QMP(ours.take()!, machine: "m", onEvent: onEvent), theirs)
  }

  @Test func survivesNonsense() async throws {
    var events: [QMPEvent] = []
    let (qmp, peer) = try connect { events.append($0) }
    let socket = peer.take()!
    try socket.writeAll(
      Array(
        """
        nonsense
        {"event": 5}
        {"event": "A"}
        {"return": {}, "id": 99}
        {"return": {}, "id": "x"}
        {"event": "B", "data": {"n": 18446744073709551615}, "timestamp": {"seconds": 1, "micro": 2}}
        {"QMP": {}}

        """.utf8))
    let answer = Task { @Supervisor in try await qmp.execute("c") }
    let deadline = Deadline.after(60)
    while events.count < 2, !deadline.hasPassed { await Task.yield() }
    #expect(events.map(\.name) == ["A", "B"])
    #expect(events.last?.data["n"] == "18446744073709551615")
    _ = consume socket
    await #expect(throws: MachineError.self) { try await answer.value }
    #expect(qmp.ended.value == true && qmp.greeting.value == nil)
  }

  @Test func passesOverAnAnswerThatIsTooLong() async throws {
    let (qmp, peer) = try connect()
    let number = peer.take()!.release()
    // Number 1 is the client's own, qmp_capabilities.
    let long = Task { @Supervisor in try await qmp.execute("long", until: .after(60)) }
    let short = Task { @Supervisor in try await qmp.execute("short", until: .after(60)) }
    let writer = Task.detached {
      let chunk = [UInt8](repeating: 0x20, count: 1 << 20)
      func say(_ text: String) { send(number, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }
      say("{\"return\": \"")
      for _ in 0..<17 { send(number, chunk, chunk.count, Int32(MSG_NOSIGNAL)) }
      say("\", \"id\": 2}\r\n")
      say("{\"return\": 5, \"id\": 3}\r\n")
    }
    #expect(try await short.value == 5)
    do {
      _ = try await long.value
      Issue.record("it was kept")
    } catch {
      #expect((error as? MachineError)?.message.contains("longer than 16 MiB") == true)
    }
    await writer.value
    close(number)
  }

  @Test func givesUpOnAnEndlessLine() async throws {
    let (qmp, peer) = try connect()
    let number = peer.take()!.release()
    let writer = Task.detached {
      let chunk = [UInt8](repeating: 0x20, count: 1 << 20)
      for _ in 0..<20 where send(number, chunk, chunk.count, Int32(MSG_NOSIGNAL)) < 0 { break }
      close(number)
    }
    #expect(await qmp.ended.wait(until: .after(30)) == true)
    await writer.value
  }
}
