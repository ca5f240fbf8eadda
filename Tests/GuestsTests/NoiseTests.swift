import Events
import Glibc
import Processes
import Testing

@testable import Guests

/// Rubbish on the port, in both directions.
@Suite(.serialized) struct NoiseTests {
  @Test func rubbishFromTheHost() throws {
    let guest = try TestGuest()
    _ = try guest.ready()
    for _ in 0..<20 {
      let noise = (0..<Int.random(in: 1...5000)).map { _ in UInt8.random(in: .min ... .max) }
      Supervisor.sync { guest.client.sendRaw(noise + Array("VMS1".utf8)) }
      #expect(try guest.text("echo still") == "still\n")
    }
    // Well-formed frames that mean nothing.
    Supervisor.sync {
      for kind in [Frame.Kind.data, .close, .credit, .signal, .hello, .exit] {
        guest.client.send(kind, 12345, body: [1, 2, 3, 4])
      }
      for kind in [Frame.Kind.exec, .put, .get, .power] {
        guest.client.send(kind, 12346, body: [255, 255, 255, 255, 255, 255, 255, 255, 1])
      }
    }
    #expect(try guest.text("echo still") == "still\n")
  }

  @Test func rubbishFromAGuest() throws {
    let (ours, theirs) = try Descriptor.pair().split()
    let client = Supervisor.sync { AgentClient(ours) }
    let noise = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131) }
    noise.withUnsafeBytes { _ = write(theirs.number, $0.baseAddress!, 100_000) }
    var hello: [UInt8] = []
    Frame(session: 5, request: 0, kind: .hello, length: FrameParser.helloBody).encode(into: &hello)
    hello += [2, 0] + [UInt8](repeating: 0xFF, count: FrameParser.helloBody - 2)
    _ = write(theirs.number, hello, hello.count)
    #expect(client.ready.block(until: .after(5))?.session == 5)
    let process = Supervisor.sync { client.exec(.shell("true")) }
    // Frames that lie: too short, for nobody, with numbers beyond all bounds.
    for (kind, request) in [(Frame.Kind.exit, UInt32(99)), (.credit, 1), (.data, 1), (.started, 1)]
    {
      for stream in [Frame.Stream.input, .output, .error] {
        var bytes: [UInt8] = []
        Frame(session: 5, request: request, kind: kind, stream: stream, length: 4).encode(
          into: &bytes)
        bytes += [255, 255, 255, 255]
        _ = write(theirs.number, bytes, bytes.count)
      }
    }
    var bytes: [UInt8] = []
    Frame(session: 5, request: 1, kind: .exit, length: 0).encode(into: &bytes)
    _ = write(theirs.number, bytes, bytes.count)
    let result = process.exited.block(until: .after(5))
    guard case .success(let result)? = result else {
      Issue.record("no exit: \(String(describing: result))")
      return
    }
    #expect(result.standardOutput == [255, 255, 255, 255])
  }

  /// A guest whose kernel has no timer is nobody's: who would boot it again is told, and what is asked
  /// waits for the next.
  @Test func aGuestWithoutATimerIsNotReady() throws {
    let (ours, theirs) = try Descriptor.pair().split()
    let told = Event<Bool>()
    let client = Supervisor.sync {
      let client = AgentClient(ours)
      client.onTimerless = { told.set(true) }
      return client
    }
    let ping = Supervisor.sync { client.ping() }
    func hello(session: UInt32, flags: UInt8) {
      var hello: [UInt8] = []
      Frame(session: session, request: 0, kind: .hello, length: FrameParser.helloBody)
        .encode(into: &hello)
      hello += [2, 0, flags, 0, 1] + [UInt8](repeating: 0, count: FrameParser.helloBody - 5)
      _ = write(theirs.number, hello, hello.count)
    }
    hello(session: 5, flags: 1)
    #expect(told.block(until: .after(5)) == true)
    #expect(client.ready.value == nil)
    // Not a byte goes to it, nor a welcome.
    var file = pollfd(fd: theirs.number, events: Int16(POLLIN), revents: 0)
    #expect(poll(&file, 1, 0) == 0)
    Supervisor.sync { client.forgetGuest() }
    hello(session: 6, flags: 0)
    let ready = client.ready.block(until: .after(5))
    #expect(ready?.session == 6 && ready?.hasTimer == true && ready?.isInit == true)
    #expect(poll(&file, 1, 5000) == 1)
    #expect(ping.value == nil)
  }

  @Test func anotherVersionIsRefused() throws {
    let (ours, theirs) = try Descriptor.pair().split()
    let client = Supervisor.sync { AgentClient(ours) }
    var hello: [UInt8] = []
    Frame(session: 5, request: 0, kind: .hello, length: FrameParser.helloBody).encode(into: &hello)
    hello += [3, 0] + [UInt8](repeating: 0, count: FrameParser.helloBody - 2)
    _ = write(theirs.number, hello, hello.count)
    #expect(client.ended.block(until: .after(5))?.kind == .version)
  }
}
