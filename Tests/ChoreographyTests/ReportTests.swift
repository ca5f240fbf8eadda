import Scripting
import Testing

@testable import Choreography

@Suite struct ReportTests {
  @Test func aGuestCannotDriveTheTerminal() {
    var error = ScriptError(.timeout, "late \u{1b}[2J\u{9b}31m")
    error.notes = ["  \u{07}bell"]
    let text = Report(Failure(text: error.text, error: error), reason: nil).text
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9b })
    #expect(text.contains("late \u{fffd}[2J"))
  }

  @Test func aStarvedHostIsMentioned() {
    var report = Report(Failure(text: "x", error: nil), reason: nil)
    #expect(!report.text.contains("starved"))
    report.lag = 2.34
    #expect(report.text.contains("event loop ran up to 2.3 s late"))
  }
}
