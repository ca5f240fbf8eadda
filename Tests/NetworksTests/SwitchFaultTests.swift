import Events
import Glibc
import Processes
import Testing

@testable import Networks

/// Faults as the switch applies them; what each does is tested with `LinkFaults`.
@Suite struct SwitchFaultTests {
  let network: EthernetSwitch
  let a: Wire
  let b: Wire
  let c: Wire

  init() throws {
    network = try EthernetSwitch()
    a = try Wire(network)
    b = try Wire(network)
    c = try Wire(network)
    Wire.introduce([a, b, c])
  }

  private func set(_ place: FaultPlace, _ body: (inout Impairment) -> Void) {
    var impairment = Impairment()
    body(&impairment)
    network.setFaults([place], [impairment], seed: 1)
  }

  /// Seconds until b gets the frame.
  private func delay(_ text: String) -> Double {
    let started = Instant.now
    a.send(Wire.frame(1, 2, text))
    #expect(b.next() == Wire.frame(1, 2, text))
    return Instant.now.seconds(since: started)
  }

  @Test func delaysOfAllThreeLinksAddUp() {
    #expect(delay("none") < 0.4)
    set(.outgoing(a.port)) { $0.delay = 0.5 }
    set(.pair(from: a.port, to: b.port)) { $0.delay = 0.4 }
    set(.incoming(b.port)) { $0.delay = 0.3 }
    #expect(delay("all") >= 1.2)
    // Others, and the way back, are as they were but for what is on the machine's own link.
    let started = Instant.now
    c.send(Wire.frame(3, 1, "c"))
    #expect(a.next() == Wire.frame(3, 1, "c"))
    #expect(Instant.now.seconds(since: started) < 0.4)
    #expect(network.counters(of: .pair(from: a.port, to: b.port)).delayed == 1)
    let places: [FaultPlace] = [
      .outgoing(a.port), .pair(from: a.port, to: b.port), .incoming(b.port),
    ]
    network.setFaults(places, [], seed: 1)
    #expect(delay("none again") < 0.4)
    #expect(places.allSatisfy { network.impairments(of: $0) == [] })
  }

  @Test func whatIsLostIsCounted() {
    set(.outgoing(a.port)) { $0.loss = .random(probability: 1, correlation: 0) }
    for _ in 0..<5 { a.send(Wire.frame(1, 255, "lost")) }
    c.send(Wire.frame(3, 2, "end"))
    #expect(b.texts() == [])
    network.setFaults([.outgoing(a.port)], [], seed: 1)
    a.send(Wire.frame(1, 255, "end"))
    #expect(b.texts() == [] && c.texts() == [])
    #expect(network.counters(of: .outgoing(a.port)).lost == 5)
  }

  /// A broadcast that is corrupted for one is not for the other; a duplicate comes twice.
  @Test func corruptionIsOfOneCopy() {
    let frame = Wire.frame(1, 255, "all", length: 1000)
    set(.pair(from: a.port, to: b.port)) {
      $0.corrupt = 1
      $0.duplicate = 1
    }
    a.send(frame)
    let copies = [b.next(), b.next()].compactMap { $0 }
    #expect(copies.count == 2)
    for copy in copies {
      let flipped = zip(copy, frame).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
      #expect(copy.count == frame.count && flipped == 1)
    }
    #expect(c.next() == frame)
  }

  /// The addresses of a and c differ in one bit: a damaged frame does not teach the switch that c is
  /// where a is.
  @Test func corruptionDoesNotConfuseTheSwitch() {
    set(.outgoing(a.port)) { $0.corrupt = 1 }
    let frame = Wire.frame(1, 3, length: 20)
    for _ in 0..<500 { a.send(frame) }
    for _ in 0..<500 {
      guard let copy = c.next() else {
        Issue.record("a frame is missing")
        return
      }
      #expect(zip(copy, frame).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } == 1)
    }
  }

  /// What is on its way when a partition comes does not arrive after it.
  @Test func aPartitionStopsWhatIsOnItsWay() {
    set(.pair(from: a.port, to: b.port)) { $0.delay = 0.1 }
    a.send(Wire.frame(1, 2, "too late"))
    _ = c.next(0.02)
    var pairs = PairMatrix()
    pairs.insert(a.port, b.port)
    network.setBlocked(pairs)
    #expect(b.next(0.3) == nil)
    #expect(network.counters(from: a.port, to: b.port).cut == 1)
  }

  /// Memory for frames that wait is bounded.
  @Test func delayedFramesTakeNoMoreThanTheyMay() throws {
    var settings = EthernetSwitch.Settings()
    settings.store = 1 << 20
    let network = try EthernetSwitch(settings)
    let (a, b) = (try Wire(network), try Wire(network))
    b.send(Wire.frame(2, 255, "end"))
    #expect(a.texts() == [])
    var impairment = Impairment()
    impairment.delay = 0.5
    network.setFaults([.pair(from: a.port, to: b.port)], [impairment], seed: 1)
    for _ in 0..<1000 { a.send(Wire.frame(1, 2, length: 1514)) }
    var count = 0
    while b.next(1) != nil { count += 1 }
    #expect(count == (1 << 20) / 2048)
    let counters = network.counters(from: a.port, to: b.port)
    #expect(counters.overflowed == UInt64(1000 - count))
  }

  @Test func aCaptureTellsWhatBecameOfFrames() throws {
    var template = Array("/tmp/networks-test-XXXXXX".utf8CString)
    let path = template.withUnsafeMutableBufferPointer { buffer -> String in
      close(mkstemp(buffer.baseAddress!))
      return String(cString: buffer.baseAddress!)
    }
    defer { unlink(path) }
    network.setCapture(try CaptureFile(path: path))
    a.send(Wire.frame(1, 2, "passes"))
    #expect(b.next() != nil)
    var pairs = PairMatrix()
    pairs.insert(a.port, b.port)
    network.setBlocked(pairs)
    a.send(Wire.frame(1, 255, "for c"))
    #expect(c.next() != nil)
    let file = try #require(network.setCapture(nil))
    try file.finish()
    #expect(file.count == 3)
    let bytes = try Descriptor.open(path, O_RDONLY).read(upTo: 65536) ?? []
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("passed") && text.contains("dropped: partition"))
  }
}
