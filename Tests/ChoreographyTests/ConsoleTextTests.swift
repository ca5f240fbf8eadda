import Testing

@testable import Choreography

@Suite struct ConsoleTextTests {
  private func plain(_ raw: [UInt8]) -> [UInt8] {
    raw.withUnsafeBufferPointer { ConsoleText.plain($0) }
  }

  @Test(arguments: [
    ("plain\ttext\r\n", "plain\ttext"),
    ("\u{1b}[1;31mred\u{1b}[0m login:", "red login:"),
    ("\u{1b}]0;title\u{07}after", "after"),
    ("\u{1b}]0;title\u{1b}\\after", "after"),
    ("\u{1b}[?2004h# ", "# "),
    ("bell\u{07} back\u{08} delete\u{7f}", "bell back delete"),
    ("cut off \u{1b}[12", "cut off "), ("\u{1b}", ""), ("\u{1b}cnew", "new"), ("", ""),
    // Character sets, device control, application program command, a string that is given up.
    ("\u{1b}(Bx\u{1b})0y\u{1b}%Gz", "xyz"), ("a\u{1b}P1$r0m\u{1b}\\b", "ab"),
    ("a\u{1b}_hidden\u{1b}\\b", "ab"), ("a\u{1b}]0;title\u{18}b", "ab"),
    // A sequence that another begins in, and one that is none.
    ("a\u{1b}[3\u{1b}[31mb", "ab"), ("a\u{1b}]0;t\u{1b}[31mb", "ab"), ("a\u{1b}\u{1b}[1mb", "ab"),
    ("a\u{0}b\u{0}", "ab"), ("é\u{1b}[0mü", "éü"),
  ]) func escapeSequencesDoNotCount(_ raw: String, _ wanted: String) {
    #expect(String(decoding: plain(Array(raw.utf8)), as: UTF8.self) == wanted)
  }

  @Test func bytesThatAreNoUTF8Stay() {
    #expect(plain([0x61, 0xff, 0xc3, 0x0d]) == [0x61, 0xff, 0xc3])
  }

  /// Wherever reading has cut a line: what was there is not changed by what comes.
  @Test func rubbishDoesNoHarm() {
    var state: UInt64 = 7
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let likely: [UInt8] = [0x1b, 0x1b, 0x5b, 0x5d, 0x50, 0x3b, 0x31, 0x6d, 0x07, 0x5c, 0x28, 0xc3]
    for _ in 0..<3000 {
      let raw = (0..<next(40)).map { _ in
        next(2) == 0 ? likely[next(likely.count)] : UInt8(next(256))
      }
      let whole = plain(raw)
      #expect(!whole.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7f })
      for cut in 0...raw.count {
        #expect(whole.starts(with: plain(Array(raw[..<cut]))), "\(raw) cut at \(cut)")
      }
    }
  }
}
