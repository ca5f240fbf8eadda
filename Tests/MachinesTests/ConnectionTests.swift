import Events
import Glibc
import Processes
import Testing

@testable import Machines

/// The other side of a connection, held by the test.
private final class Peer {
  let connection: Connection
  private(set) var socket: Int32

  @Supervisor init(isAlive: Bool = true) async throws {
    let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { Glibc.close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, size)
        listen(listener, 1)
        getsockname(listener, $0, &size)
      }
    }
    connection = try await Connection.open(
      to: "127.0.0.1", UInt16(bigEndian: address.sin_port), .init("connection", machine: "m"),
      until: .after(10), isPeerAlive: { isAlive })
    socket = accept(listener, nil, nil)
  }

  deinit { close() }

  func close() {
    if socket >= 0 { Glibc.close(socket) }
    socket = -1
  }

  /// Closes with a reset.
  func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    close()
  }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// All that comes until the connection's end, read in a thread of its own.
  func drain() -> Event<Int> {
    let total = Event<Int>()
    let number = socket
    DetachedThread.run {
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      var count = 0
      while true {
        let got = recv(number, &chunk, chunk.count, 0)
        if got <= 0 { break }
        count += got
      }
      total.set(count)
    }
    return total
  }
}

extension Inbox {
  /// Waits until a read gives something, or the end.
  @Supervisor fileprivate func next(
    _ read: (Inbox) throws(MachineError) -> Taken = { inbox throws(MachineError) in try inbox.read()
    }
  ) async throws -> [UInt8]? {
    let deadline = Deadline.after(30)
    while !deadline.hasPassed {
      readable.clear()
      switch try read(self) {
      case .bytes(let bytes): return bytes
      case .end: return nil
      case .nothing: _ = await readable.wait(until: deadline)
      }
    }
    Issue.record("nothing came")
    return nil
  }

  @Supervisor fileprivate func nextLine() async throws -> String? {
    let line = try await next { inbox throws(MachineError) in try inbox.readLine() }
    return line.map { String(decoding: $0, as: UTF8.self) }
  }
}

@Suite(.serialized) @Supervisor struct ConnectionTests {
  @Test func linesAndBytesMix() async throws {
    let peer = try await Peer()
    let inbox = peer.connection.inbox
    #expect(try inbox.look() == nil)
    let text = (1...1000).map { "line \($0)\n" }.joined()
    for start in stride(from: 0, to: text.utf8.count, by: 7) {
      peer.send(Array(text.utf8.dropFirst(start).prefix(7)))
    }
    for number in 1...1000 {
      if number % 10 == 0 {
        var bytes: [UInt8] = []
        let wanted = "line \(number)\n".utf8.count
        while bytes.count < wanted {
          let rest = wanted - bytes.count
          bytes += try #require(
            try await inbox.next { inbox throws(MachineError) in try inbox.read(rest) })
        }
        #expect(bytes == Array("line \(number)\n".utf8))
      } else {
        #expect(try await inbox.nextLine() == "line \(number)")
      }
    }
    peer.send(Array("no end".utf8))
    peer.close()
    #expect(try await inbox.nextLine() == "no end")
    #expect(try await inbox.nextLine() == nil)
    #expect(try inbox.look() == 0 && inbox.hasEnded)
    // It is told of the first bytes that nobody takes.
    await writeUntilRefused(peer.connection)
    await check("the connection was") { _ = try peer.connection.write([1]) }
    #expect(try await inbox.nextLine() == nil)
  }

  private func writeUntilRefused(_ connection: Connection) async {
    let deadline = Deadline.after(30)
    while (try? connection.write([1])) != nil, !deadline.hasPassed {
      connection.outbox.changed.clear()
      _ = await connection.outbox.changed.wait(until: .after(0.01))
    }
  }

  @Test func theOtherHalfOfAConnection() async throws {
    let peer = try await Peer()
    shutdown(peer.socket, Int32(SHUT_WR))
    #expect(try await peer.connection.inbox.next() == nil)
    let much = [UInt8](repeating: 9, count: 3 << 20)
    #expect(try peer.connection.write(much))
    await Task.yield()
    let drained = peer.drain()
    try peer.connection.shut()
    #expect(await drained.wait(until: .after(30)) == much.count)
  }

  @Test func aResetComesBehindWhatCameBefore() async throws {
    let peer = try await Peer()
    peer.send(Array("a\nb".utf8))
    #expect(try await peer.connection.inbox.nextLine() == "a")
    peer.reset()
    await writeUntilRefused(peer.connection)
    #expect(try await peer.connection.inbox.nextLine() == "b")
    await check("was reset by the other side") { _ = try await peer.connection.inbox.next() }
    await check("was reset by the other side") { _ = try peer.connection.write([1]) }
  }

  @Test func anEndThatIsItsQEMUs() async throws {
    let peer = try await Peer(isAlive: false)
    peer.close()
    await check("the connection ended with its QEMU") {
      _ = try await peer.connection.inbox.next()
    }
  }

  private func check(_ text: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("it worked")
    } catch {
      let error = error as? MachineError
      #expect(error?.kind == .connection && error?.machine == "m")
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
  }

  @Test func aWriterWaitsForItsReader() async throws {
    let peer = try await Peer()
    let message = [UInt8](repeating: 7, count: 1 << 20)
    var total = 0
    while try peer.connection.write(message) {
      total += message.count
      // The supervisor, which is us, sends.
      await Task.yield()
      #expect(peer.connection.outbox.waiting <= Outbox.limit + message.count)
    }
    #expect(try !peer.connection.outbox.isLow())
    let drained = peer.drain()
    let deadline = Deadline.after(30)
    while try !peer.connection.outbox.isLow(), !deadline.hasPassed {
      peer.connection.outbox.changed.clear()
      _ = await peer.connection.outbox.changed.wait(until: .after(0.1))
    }
    #expect(try peer.connection.write(message))
    await Task.yield()
    peer.connection.close()
    #expect(await drained.wait(until: .after(30)) == total + message.count)
  }

  @Test func aReaderHoldsItsSender() async throws {
    let peer = try await Peer()
    let total = 40 << 20
    let number = peer.socket
    DetachedThread.run {
      let chunk = [UInt8](repeating: 1, count: 1 << 20)
      for _ in 0..<40 where send(number, chunk, chunk.count, Int32(MSG_NOSIGNAL)) < 0 { return }
      shutdown(number, Int32(SHUT_WR))
    }
    let inbox = peer.connection.inbox
    let deadline = Deadline.after(30)
    while inbox.byteCount < Connection.limit, !deadline.hasPassed {
      inbox.readable.clear()
      _ = await inbox.readable.wait(until: .after(0.1))
    }
    // Time in which more would come.
    for _ in 0..<20 { _ = await inbox.readable.wait(until: .after(0.001)) }
    #expect(inbox.byteCount < Connection.limit + (64 << 10))
    var count = 0
    while let bytes = try await inbox.next() { count += bytes.count }
    #expect(count == total)
  }

  @Test func halfAConnection() async throws {
    let peer = try await Peer()
    let much = [UInt8](repeating: 9, count: 3 << 20)
    #expect(try peer.connection.write(much))
    await Task.yield()
    try peer.connection.shut()
    #expect(throws: MachineError.self) { try peer.connection.write([1]) }
    #expect(await peer.drain().wait(until: .after(30)) == much.count)
    peer.send(Array("answer".utf8))
    peer.close()
    #expect(try await peer.connection.inbox.next() == Array("answer".utf8))
    #expect(try await peer.connection.inbox.next() == nil)
    peer.connection.close()
    #expect(throws: MachineError.self) { try peer.connection.inbox.read() }
    #expect(throws: MachineError.self) { try peer.connection.shut() }
  }
}
