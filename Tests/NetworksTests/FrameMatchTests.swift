import Testing

@testable import Networks

@Suite struct FrameMatchTests {
  private func header(_ frame: [UInt8]) -> FrameHeader { frame.withUnsafeBytes { FrameHeader($0) } }

  private func fits(_ frame: [UInt8], _ change: (inout FrameMatch) -> Void) -> Bool {
    FrameMatch(change).fits(header(frame))
  }

  private let tcp = TestFrame.ethernet(0x0800, TestFrame.v4(6, TestFrame.tcp(4000, 80)))

  @Test func protocolsPortsAndAddressesAreRead() {
    #expect(fits(tcp) { $0.ipProtocol = 6 })
    #expect(!fits(tcp) { $0.ipProtocol = 17 })
    #expect(fits(tcp) { $0.port = 80 } && fits(tcp) { $0.port = 4000 })
    #expect(fits(tcp) { $0.destinationPort = 80 } && !fits(tcp) { $0.sourcePort = 80 })
    #expect(fits(tcp) { $0.address = AddressRange("10.0.0.2") })
    #expect(fits(tcp) { $0.sourceAddress = AddressRange("10.0.0.0/30") })
    #expect(!fits(tcp) { $0.sourceAddress = AddressRange("10.0.0.2/32") })
    #expect(fits(tcp) { $0.mac = 0x5254_0000_0001 })
    #expect(fits(tcp) { $0.sourceMAC = 0x5254_0000_0001 })
    #expect(!fits(tcp) { $0.destinationMAC = 0x5254_0000_0001 })
    #expect(
      !fits(tcp) {
        $0.port = 80
        $0.ipProtocol = 17
      })
  }

  @Test func tagsArpAndVersion6AreRead() {
    let tagged = TestFrame.ethernet(
      0x0800, TestFrame.v4(17, TestFrame.udp(53, 1000)), vlan: 7 | 0xe000)
    #expect(fits(tagged) { $0.vlan = 7 } && fits(tagged) { $0.port = 53 })
    #expect(!fits(tcp) { $0.vlan = 7 } && fits(tcp) { $0.vlan = 0 })
    let arp = TestFrame.arp()
    #expect(fits(arp) { $0.etherType = 0x0806 })
    #expect(fits(arp) { $0.destinationAddress = AddressRange("10.0.0.2") })
    #expect(!fits(arp) { $0.port = 0 })
    let extended = TestFrame.v6(0, [43, 0, 0, 0, 0, 0, 0, 0] + [6, 0, 0, 0, 0, 0, 0, 0])
    let v6 = TestFrame.ethernet(0x86dd, extended + TestFrame.tcp(4000, 80))
    #expect(fits(v6) { $0.destinationPort = 80 } && fits(v6) { $0.ipProtocol = 6 })
    #expect(fits(v6) { $0.address = AddressRange("fd00::/64") })
    #expect(!fits(v6) { $0.address = AddressRange("fd00::3") })
  }

  /// A later fragment has data where ports would be.
  @Test func fragmentsHaveNoPorts() {
    let later = TestFrame.ethernet(0x0800, TestFrame.v4(6, TestFrame.tcp(4000, 80), fragment: 185))
    #expect(!fits(later) { $0.port = 80 } && fits(later) { $0.ipProtocol = 6 })
  }

  @Test func addressesAreWrittenInTheUsualWays() {
    #expect(AddressRange("10.0.0.1") != nil && AddressRange("fe80::1/10") != nil)
    for wrong in ["", "10.0.0", "10.0.0.1/33", "10.0.0.1/", "fe80::1/129", "a/8/9", "10.0.0.1/-1"] {
      #expect(AddressRange(wrong) == nil, "\(wrong)")
    }
    let all = AddressRange("0.0.0.0/0")
    #expect(all?.contains(Address(v4: 0x0102_0304)) == true)
    #expect(all?.contains(Address(high: 1, low: 1)) == false)
  }

  /// What guests send may be anything: cut anywhere, or random.
  @Test func nothingIsReadPastAFramesEnd() {
    let frames = [
      tcp, TestFrame.arp(),
      TestFrame.ethernet(0x86dd, TestFrame.v6(0, [43, 0, 0, 0, 0, 0, 0, 0])),
      TestFrame.ethernet(0x8100, TestFrame.big(3) + TestFrame.big(0x8100)),
    ]
    for frame in frames {
      for length in 0...frame.count { _ = header(Array(frame.prefix(length))) }
    }
    var generator = FaultGenerator(seed: 3)
    for number in 0..<20_000 {
      var frame = (0..<Int(generator.draw(0) % 90)).map { _ in
        generator.next()
        return UInt8(truncatingIfNeeded: generator.draw(1))
      }
      if frame.count > 14 {
        frame.replaceSubrange(12..<14, with: TestFrame.big([0x0800, 0x86dd, 0x0806][number % 3]))
        frame[14] = number % 3 == 0 ? 0x45 : 0x60
      }
      generator.next()
      _ = header(frame)
    }
  }

  @Test func anyOfSeveralMatchesWillDo() {
    let faults = LinkFaults(
      Impairment {
        $0.loss = .random(probability: 1)
        $0.matches = [FrameMatch { $0.port = 80 }, FrameMatch { $0.etherType = 0x0806 }]
      })
    #expect(faults.judge(tcp).dropped == .loss && faults.judge(TestFrame.arp()).dropped == .loss)
    let other = TestFrame.ethernet(0x0800, TestFrame.v4(6, TestFrame.tcp(4000, 81)))
    #expect(faults.judge(other).dropped == nil)
    #expect(faults.counters.frames == 3 && faults.counters.hits == 2)
  }
}
