import Testing

@testable import Choreography

@Suite struct ConsoleTextTests {
  @Test(arguments: [
    ("plain\ttext\r\n", "plain\ttext"),
    ("\u{1b}[1;31mred\u{1b}[0m login:", "red login:"),
    ("\u{1b}]0;title\u{07}after", "after"),
    ("\u{1b}]0;title\u{1b}\\after", "after"),
    ("\u{1b}[?2004h# ", "# "),
    ("bell\u{07} back\u{08} delete\u{7f}", "bell back delete"),
    ("cut off \u{1b}[12", "cut off "), ("\u{1b}", ""), ("\u{1b}cnew", "new"), ("", ""),
  ]) func escapeSequencesDoNotCount(_ raw: String, _ plain: String) {
    #expect(String(decoding: ConsoleText.plain(Array(raw.utf8)[...]), as: UTF8.self) == plain)
  }

  @Test func bytesThatAreNoUTF8Stay() {
    #expect(ConsoleText.plain([0x61, 0xff, 0xc3, 0x0d]) == [0x61, 0xff, 0xc3])
  }
}
