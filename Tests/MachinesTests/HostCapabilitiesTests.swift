import Testing

@testable import Machines

@Suite struct HostCapabilitiesTests {
  @Test func isMeasured() throws {
    let host = HostCapabilities.measured()
    if let kilohertz = host.tscKilohertz { #expect((100_000...10_000_000).contains(kilohertz)) }
    #expect((host.accelerator == .tcg) == (host.whyNoKVM != nil))
    #expect(try HostCapabilities.find(.tcg).accelerator == .tcg)
    if host.accelerator == .tcg {
      #expect(throws: MachineError.self) { try HostCapabilities.find(.kvm) }
    }
  }

  @Test func isRemembered() {
    let scratch = Scratch()
    let cache = HostCapabilitiesCache(directory: scratch.path + "/a/b")
    #expect(cache.read() == nil)
    for host in [
      HostCapabilities(accelerator: .kvm, tscKilohertz: 5),
      HostCapabilities(accelerator: .tcg, whyNoKVM: "why", tscKilohertz: nil),
    ] {
      cache.write(host)
      #expect(cache.read() == host)
    }
    _ = scratch.write("a/b/host", Array("nonsense\n".utf8))
    #expect(cache.read() == nil)
  }
}
