import Events
import Testing

@testable import Machines

@Suite struct TextScannerTests {
  @Test func findsTextsWhereverTheyAreCut() {
    let stream = Array("a line\nBBUG: here\nand more".utf8)
    for cut in 0...stream.count {
      var scanner = TextScanner([Array("BUG:".utf8), Array("never".utf8)])
      let first = scanner.find(in: Array(stream[..<cut]))
      let second = scanner.find(in: Array(stream[cut...]))
      let offset = first?.offset ?? second.map { $0.offset + cut }
      #expect(offset == 8, "cut at \(cut)")
    }
    // Byte by byte.
    var scanner = TextScanner([Array("BUG:".utf8)])
    #expect(stream.filter { scanner.find(in: [$0]) != nil }.count == 1)
    var none = TextScanner()
    #expect(none.find(in: stream) == nil)
    var empty = TextScanner([[]])
    #expect(empty.find(in: stream) == nil)
  }

  @Test func consolesReportTheWholeLine() async throws {
    let scratch = Scratch()
    var specification = try MachineSpecification.booting(
      "m", "[    1.0] BUG: unable to go on\nmore\n", then: BootSector.halt, in: scratch)
    specification.forbidden = [Array("BUG:".utf8)]
    try await Self.expectFailure(specification, scratch)
  }

  @Supervisor private static func expectFailure(
    _ specification: MachineSpecification, _ scratch: Scratch
  ) async throws {
    let machine = try Machine(specification, host: tcg, directory: scratch.path + "/m")
    try machine.start()
    let error = try #require(await machine.failure.wait(until: .after(60)))
    #expect(error.kind == .guestPanic)
    #expect(
      error.message
        == "the console of machine 'm' shows the forbidden text 'BUG:': [    1.0] BUG: unable to go on"
    )
    await machine.kill()
    // A new start forgets it.
    try machine.start()
    #expect(machine.failure.value == nil)
    await machine.kill()
  }
}
