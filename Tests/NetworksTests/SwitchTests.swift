import Events
import Glibc
import Processes
import Testing

@testable import Networks

@Suite struct SwitchTests {
  let network: EthernetSwitch
  let a: Wire
  let b: Wire
  let c: Wire

  init() throws {
    network = try EthernetSwitch()
    a = try Wire(network)
    b = try Wire(network)
    c = try Wire(network)
  }

  @Test func learnsWhereAddressesAre() {
    a.send(Wire.frame(1, 2, "who is it"))
    #expect(b.next() == Wire.frame(1, 2, "who is it"))
    #expect(c.next() == Wire.frame(1, 2, "who is it"))
    b.send(Wire.frame(2, 1, "me"))
    #expect(a.next() == Wire.frame(2, 1, "me"))
    a.send(Wire.frame(1, 2, "you alone"))
    a.send(Wire.frame(1, 255, "all"))
    #expect(b.next() == Wire.frame(1, 2, "you alone"))
    #expect(b.next() == Wire.frame(1, 255, "all"))
    #expect(c.next() == Wire.frame(1, 255, "all"))
    // A multicast goes to all; a sender that is a group is none.
    let group: [UInt8] = [0x33, 0x33, 0, 0, 0, 1]
    b.send(group + Wire.frame(2, 0).dropFirst(6))
    for wire in [a, c] { #expect(wire.next()?.prefix(6) == group[...]) }
    b.send([2, 0, 0, 0, 0, 1] + group + [8, 0])
    b.send(Wire.frame(2, 1, "end"))
    #expect(a.texts() == [])
    #expect(network.counters(of: b.port).invalid == 1)
    // An address may move.
    c.send(Wire.frame(2, 1, "moved"))
    #expect(a.next() == Wire.frame(2, 1, "moved"))
    a.send(Wire.frame(1, 2, "there"))
    #expect(c.next() == Wire.frame(1, 2, "there"))
  }

  @Test func anAddressIsForgottenInTime() throws {
    let table = AddressTable(ageing: 100)
    defer { table.free() }
    table.learn(0x0202, at: 7, now: 1000)
    #expect(table.port(of: 0x0202, now: 1100) == 7)
    #expect(table.port(of: 0x0202, now: 1101) == -1)
    #expect(table.port(of: 0x0204, now: 1000) == -1)
    // A flood of addresses takes no memory; who speaks last is known.
    for address in UInt64(1)...100_000 { table.learn(address << 8, at: 1, now: 2000 + address) }
    table.learn(0x0202, at: 9, now: 200_000)
    #expect(table.port(of: 0x0202, now: 200_000) == 9)
    table.forget(port: 9)
    #expect(table.port(of: 0x0202, now: 200_000) == -1)
  }

  @Test func framesInPiecesAndOfAllLengths() {
    Wire.introduce([a, b, c])
    var expected: [[UInt8]] = []
    var bytes: [UInt8] = []
    for length in [14, 60, 64, 1514, 9014, 65536, 15, 300] {
      let frame = Wire.frame(1, 2, "x", length: length)
      expected.append(frame)
      bytes += Wire.framed(frame)
    }
    let sender = a
    let sent = Thread { sender.sendInPieces(bytes) }
    for frame in expected { #expect(b.next() == frame) }
    sent.join()
    let counters = network.counters(from: a.port, to: b.port)
    #expect(counters.passed == UInt64(expected.count) + 1)
  }

  @Test func badFramesDoNoHarm() {
    Wire.introduce([a, b, c])
    a.sendBytes([0, 0, 0, 0])
    a.send([1, 2, 3])
    a.sendBytes([0, 1, 0, 1] + [UInt8](repeating: 9, count: 65537))
    a.sendBytes([0, 16, 0, 0])
    let sender = a
    let sent = Thread { sender.sendBytes([UInt8](repeating: 7, count: 1 << 20)) }
    sent.join()
    a.send(Wire.frame(1, 2, "fine"))
    #expect(b.next() == Wire.frame(1, 2, "fine"))
    #expect(network.counters(of: a.port).invalid == 4)
  }

  /// One that ends in the middle of a frame loses that frame alone; its successor begins afresh.
  @Test func anEndInMidFrame() throws {
    Wire.introduce([a, b, c])
    do {
      let short = try Wire(network)
      short.send(Wire.frame(9, 1, "whole"))
      short.sendBytes([0, 0, 0, 100, 1, 2, 3])
      #expect(a.next() == Wire.frame(9, 1, "whole"))
      a.send(Wire.frame(1, 9, "end"))
      #expect(short.texts() == [])
      let successor = try Wire(network, port: short.port)
      #expect(short.next(0.1) == nil)
      successor.send(Wire.frame(9, 1, "again"))
      #expect(a.next() == Wire.frame(9, 1, "again"))
    }
    a.send(Wire.frame(1, 2, "others"))
    #expect(b.next() == Wire.frame(1, 2, "others"))
  }

  /// A machine that does not read loses what its queue does not hold, and stops nobody.
  @Test func aStuckMachineStopsNobody() {
    Wire.introduce([a, b, c])
    let frame = Wire.frame(1, 2, length: 1514)
    for index in 0..<4000 {
      a.send(frame)
      if index % 100 == 0 {
        a.send(Wire.frame(1, 3, "tick"))
        #expect(c.next() == Wire.frame(1, 3, "tick"))
      }
    }
    a.send(Wire.frame(1, 3, "tick"))
    #expect(c.next() == Wire.frame(1, 3, "tick"))
    let counters = network.counters(of: b.port)
    #expect(counters.overflowed > 2000)
    // What it has got is whole and in order, and it gets on when it reads.
    var count = 0
    while let got = b.next(0.5) {
      #expect(got == frame)
      count += 1
    }
    #expect(count == 4000 - Int(counters.overflowed))
    a.send(Wire.frame(1, 2, "on"))
    #expect(b.next() == Wire.frame(1, 2, "on"))
  }

  @Test func cutsAreOneWayAndAtOnce() {
    Wire.introduce([a, b, c])
    var pairs = PairMatrix()
    pairs.insert(a.port, b.port)
    network.setBlocked(pairs)
    a.send(Wire.frame(1, 2, "lost"))
    a.send(Wire.frame(1, 255, "for c"))
    b.send(Wire.frame(2, 1, "back"))
    #expect(c.next() == Wire.frame(1, 255, "for c"))
    #expect(a.next() == Wire.frame(2, 1, "back"))
    network.setBlocked(PairMatrix())
    a.send(Wire.frame(1, 2, "end"))
    #expect(b.texts() == [])
    #expect(network.counters(from: a.port, to: b.port).cut == 2)
  }

  @Test func heldFramesComeLaterInOrder() {
    Wire.introduce([a, b, c])
    var pairs = PairMatrix()
    pairs.insert(a.port, b.port)
    network.setHeld(pairs)
    for index in 0..<100 { a.send(Wire.frame(1, 2, "\(index)")) }
    a.send(Wire.frame(1, 3, "end"))
    #expect(c.texts() == [])
    #expect(b.next(0.05) == nil)
    network.setHeld(PairMatrix())
    a.send(Wire.frame(1, 2, "end"))
    #expect(b.texts() == (0..<100).map(String.init))
    #expect(network.counters(from: a.port, to: b.port).held == 100)
  }

  @Test func tapsAndInjectedFrames() {
    Wire.introduce([a, b, c])
    let sent = FrameTap(from: [a.port], to: nil)
    let arriving = FrameTap(from: nil, to: [b.port])
    network.add(sent)
    network.add(arriving)
    a.send(Wire.frame(1, 255, "all"))
    #expect(b.next() == Wire.frame(1, 255, "all"))
    network.inject(Wire.frame(3, 2, "injected"), at: c.port)
    #expect(b.next() == Wire.frame(3, 2, "injected"))
    _ = network.counters(of: 0)
    #expect(sent.count == 1 && sent.read()?.bytes == Wire.frame(1, 255, "all"))
    #expect(arriving.count == 2 && arriving.read()?.from == a.port)
    #expect(arriving.read()?.from == c.port && arriving.read() == nil)
    network.remove(sent)
    network.remove(arriving)
    a.send(Wire.frame(1, 2, "end"))
    #expect(b.texts() == [] && sent.count == 0)
  }

  @Test func datagramSocketsTalkToStreams() throws {
    Wire.introduce([a, b, c])
    let (ours, theirs) = try Descriptor.pair(.datagram).split()
    let port = try #require(network.addPort())
    network.attach(port, theirs, isDatagram: true)
    let socket = ours.take()!
    _ = try socket.write(Wire.frame(4, 1, "by datagram"))
    #expect(a.next() == Wire.frame(4, 1, "by datagram"))
    for index in 0..<50 { a.send(Wire.frame(1, 4, "\(index)")) }
    for index in 0..<50 {
      #expect(try socket.read(upTo: 65536) == Wire.frame(1, 4, "\(index)"))
    }
  }

  /// Access ports have no tags, trunks have, and who is in no VLAN hears of none.
  @Test func vlansKeepPortsApart() throws {
    let trunk = try Wire(network)
    network.setVLAN(a.port, .access(10))
    network.setVLAN(b.port, .access(20))
    network.setVLAN(trunk.port, .trunk([10, 20]))
    let other = try Wire(network)
    network.setVLAN(other.port, .access(10))
    a.send(Wire.frame(1, 255, "in ten"))
    func tag(_ frame: [UInt8], _ vlan: UInt8) -> [UInt8] {
      Array(frame[..<12]) + [0x81, 0, 0, vlan] + frame[12...]
    }
    #expect(trunk.next() == tag(Wire.frame(1, 255, "in ten"), 10))
    #expect(other.next() == Wire.frame(1, 255, "in ten"))
    // The same address in another VLAN is another's.
    b.send(Wire.frame(1, 255, "in twenty"))
    #expect(trunk.next() == tag(Wire.frame(1, 255, "in twenty"), 20))
    trunk.send(tag(Wire.frame(4, 1, "to ten"), 10))
    trunk.send(tag(Wire.frame(4, 1, "to twenty"), 20))
    #expect(a.next() == Wire.frame(4, 1, "to ten"))
    #expect(b.next() == Wire.frame(4, 1, "to twenty"))
    // No tag, or one that is not the port's.
    trunk.send(Wire.frame(4, 255, "untagged"))
    trunk.send(tag(Wire.frame(4, 255, "thirty"), 30))
    a.send(tag(Wire.frame(1, 255, "tagged"), 20))
    c.send(Wire.frame(3, 255, "outside"))
    trunk.send(tag(Wire.frame(4, 255, "end"), 10))
    a.send(Wire.frame(1, 255, "end"))
    #expect(a.texts() == [] && other.texts() == [] && c.next(0.05) == nil && b.next(0.05) == nil)
    #expect(network.counters(of: trunk.port).invalid == 2)
    #expect(network.counters(of: a.port).invalid == 1)
  }

  /// 64 ports that all talk to all, in bursts.
  @Test func sixtyFourPorts() throws {
    let network = try EthernetSwitch()
    let wires = try (0..<64).map { _ in try Wire(network) }
    for (index, wire) in wires.enumerated() { wire.send(Wire.frame(UInt8(index), 255)) }
    for wire in wires { for _ in 0..<63 { #expect(wire.next()?.count == 14) } }
    for (index, wire) in wires.enumerated() {
      var burst: [UInt8] = []
      for other in wires.indices where other != index {
        burst += Wire.framed(Wire.frame(UInt8(index), UInt8(other), "burst", length: 200))
      }
      wire.sendBytes(burst)
    }
    for (index, wire) in wires.enumerated() {
      var senders: Set<UInt8> = []
      for _ in 0..<63 {
        let frame = try #require(wire.next())
        #expect(frame[5] == UInt8(index))
        senders.insert(frame[11])
      }
      #expect(senders.count == 63)
    }
  }
}

/// A thread to wait for.
final class Thread: @unchecked Sendable {
  private let done = Baton()

  init(_ body: @escaping () -> Void) {
    struct Body: @unchecked Sendable { let run: () -> Void }
    let (work, done) = (Body(run: body), done)
    DetachedThread.run {
      work.run()
      done.pass()
    }
  }

  func join() { done.take() }
}

extension Wire {
  func sendInPieces(_ bytes: [UInt8]) {
    var position = 0
    var size = 1
    while position < bytes.count {
      sendBytes(Array(bytes[position..<min(bytes.count, position + size)]))
      position += size
      size = size * 3 % 5003 + 1
    }
  }
}
