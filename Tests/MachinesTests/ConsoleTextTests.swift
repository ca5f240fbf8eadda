import Testing

@testable import Machines

@Suite struct ConsoleTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("\u{1b}[31mred\u{1b}[0m", "red"), ("a\u{1b}]0;title\u{7}b", "ab"),
    ("a\u{1b}]0;title\u{1b}\\b", "ab"), ("\u{1b}(Bx", "x"), ("a\tb\r", "a b"),
    ("a\u{9b}1mb", "ab"), ("x\u{202e}y", "xy"), ("\u{1b}", ""), ("tail  ", "tail"),
    ("\u{0}\u{7f}", ""),
    ("a\u{1b}P1$r\u{1b}\\b", "ab"),
  ])
  func sanitises(text: String, clean: String) {
    #expect(Console.sanitised(text.utf8) == clean)
  }

  @Test func sanitisesInvalidUTF8() {
    #expect(Console.sanitised([0x61, 0xff, 0x62]) == "a\u{fffd}b")
  }

  @Test func findsAPanicAcrossChunks() {
    let text = Array("x\n[ 1.0] KKernel panic - not syncing: why\nmore".utf8)
    for cut in 0..<text.count {
      var scanner = PanicScanner()
      let line = scanner.find(in: Array(text[..<cut])) ?? scanner.find(in: Array(text[cut...]))
      #expect(line == "KKernel panic - not syncing: why", "without the kernel's clock")
    }
    var scanner = PanicScanner()
    #expect(scanner.find(in: Array("Kernel panic - not\nsyncing".utf8)) == nil)
    #expect(scanner.unfinished == nil)
    #expect(scanner.find(in: Array("\nKernel panic - not syncing: x".utf8)) == nil)
    #expect(scanner.unfinished == "Kernel panic - not syncing: x")
    // Behind other lines and before them, byte by byte, and endless.
    scanner = PanicScanner()
    #expect(text.compactMap { scanner.find(in: [$0]) } == ["KKernel panic - not syncing: why"])
    scanner = PanicScanner()
    _ = scanner.find(in: [UInt8](repeating: 0x61, count: 100_000))
    #expect(scanner.find(in: Array("\nKernel panic - not syncing: y\nz\n".utf8))?.last == "y")
    #expect(scanner.find(in: [UInt8](repeating: 0x61, count: 100_000)) == nil)
    #expect(scanner.unfinished!.utf8.count <= 4096)
  }

  @Test func linesAreCut() {
    var lines = LineBuffer(limit: 300)
    func take(_ text: String) -> [String] {
      lines.take(Array(text.utf8)).map {
        String(decoding: $0.bytes, as: UTF8.self) + ($0.isCut ? " (cut)" : "")
      }
    }
    #expect(take("ab\ncd") == ["ab"])
    #expect(take("e\n\n") == ["cde", ""])
    let long = String(repeating: "x", count: 299)
    #expect(take(long) == [] && take("y\nz\n") == [long + "y", "z"])
    for piece in [long, long, long] { #expect(take(piece) == []) }
    #expect(take("end\nnext\n") == [String(long.suffix(253)) + "end (cut)", "next"])
  }
}
