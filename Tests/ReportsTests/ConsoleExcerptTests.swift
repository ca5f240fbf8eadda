import Notation
import Processes
import Testing

@testable import Reports

@Suite struct ConsoleExcerptTests {
  let record: TestRecord

  init() throws { record = try TestRecord() }

  /// Each line comes a tenth of a second after the one before.
  private func write(_ lines: [String]) throws {
    var (log, times, offset) = ("", "", 0)
    for (index, line) in lines.enumerated() {
      let (seconds, digits) = ("\(index / 10).\(index % 10)00000", String(offset))
      let pad = { (text: String, width: Int) in
        String(repeating: " ", count: width - text.utf8.count) + text
      }
      times += "{\"seconds\":\(pad(seconds, 13)),\"offset\":\(pad(digits, 14)),\"boot\":   1}\n"
      log += line + "\r\n"
      offset += line.utf8.count + 2
    }
    try record.write("a/console.log", log.utf8)
    try record.write("a/console.times", times.utf8)
  }

  private func excerpt(budget: Int, moments: [Double] = [], duration: Double = 0) throws
    -> ConsoleExcerpt
  {
    try #require(
      try ConsoleExcerpt(
        log: record.path + "/a/console.log", times: record.path + "/a/console.times",
        budget: budget, moments: moments, duration: duration))
  }

  @Test func wholeWithTimes() throws {
    try write(["one", "", "10%\r20%\rthree", "\u{1b}[1mfour\u{1b}[0m"])
    let found = try excerpt(budget: 1000, duration: 0.4)
    #expect(found.lines.map(\.text) == ["one", "", "three", "four"])
    #expect(found.lines.map(\.time) == [0, 0.1, 0.2, 0.3])
    #expect(found.gaps.isEmpty)
    #expect(found.density.reduce(0, +) == found.size)
  }

  @Test func beginningEndAndMomentsOfALargeOne() throws {
    try write((0..<20_000).map { "line \($0) of a console that says a lot" })
    let found = try excerpt(budget: 60_000, moments: [1000], duration: 2000)
    #expect(found.lines.first?.text.hasPrefix("line 0 ") == true)
    #expect(found.lines.last?.text.hasPrefix("line 19999 ") == true)
    let near = found.lines.filter { abs(($0.time ?? -1) - 1000) < 5 }
    #expect(near.contains { $0.text.hasPrefix("line 10000 ") })
    #expect(near.allSatisfy { $0.text.hasPrefix("line \(Int((($0.time ?? 0) * 10).rounded())) ") })
    #expect(found.lines.allSatisfy { $0.text.hasSuffix(" lot") }, "lines are whole")
    let shown = found.lines.reduce(0) { $0 + $1.text.utf8.count + 2 }
    #expect(shown + found.gaps.reduce(0) { $0 + $1.bytes } == found.size)
    #expect(found.gaps.count == 2)
    #expect(found.cost <= 60_000 && found.cost > 40_000)
  }

  @Test func hostileText() throws {
    // What takes six times its length in the page, lines without an end, and none but line ends.
    for text in [String(repeating: "<", count: 300_000), String(repeating: "\n", count: 300_000)] {
      try record.write("a/console.log", text.utf8)
      try record.write("a/console.times", [])
      let found = try excerpt(budget: 20_000, moments: [1, 2], duration: 3)
      #expect(found.cost <= 20_000)
      #expect(found.lines.allSatisfy { $0.time == nil })
      #expect(found.gaps.reduce(0) { $0 + $1.bytes } > 250_000)
    }
    try record.write("a/console.log", [UInt8](repeating: 0xff, count: 5000))
    #expect(try excerpt(budget: 100_000).lines.first?.text.hasSuffix("… (3000 bytes more)") == true)
    try record.write("a/console.log", [])
    #expect(try excerpt(budget: 100).lines.isEmpty)
    #expect(
      try ConsoleExcerpt(log: record.path + "/none", times: "", budget: 1, moments: [], duration: 1)
        == nil)
  }

  @Test func manyLargeConsolesMakeAPageOfBoundedSize() throws {
    try record.timeline(
      (0..<12).map {
        #"{"t":1,"kind":"machine","phase":"launched","boot":1,"machine":"m\#($0)"}"#
      }
        + (0..<40_000).map {
          #"{"t":\#($0 + 2),"kind":"qmp","machine":"m1","event":"E<\#($0)>","data":{"x":"<<<<<<<<<<<<"}}"#
        })
    let line = String(repeating: "<\"\\é", count: 30) + "\n"
    let text = Array(String(repeating: line, count: 10_000).utf8)
    for index in 0..<12 { try record.write("m\(index)/console.log", text) }
    let size = try record.page().count
    #expect(size < 5_000_000 && size > 2_000_000, "\(size)")
  }
}

extension ConsoleExcerpt: Equatable {
  public static func == (one: ConsoleExcerpt, other: ConsoleExcerpt) -> Bool {
    one.lines.map(\.text) == other.lines.map(\.text)
  }
}
