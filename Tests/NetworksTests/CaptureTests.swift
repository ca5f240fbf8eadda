import Glibc
import Processes
import Testing

@testable import Networks

@Suite struct CaptureTests {
  /// What tshark reads in a capture: a line for each frame.
  @Test func tsharkReadsNamesTimesAndVerdicts() throws {
    let path = "/tmp/vmscript-capture-\(getpid()).pcapng"
    defer { unlink(path) }
    var writer = try CaptureWriter(path: path)
    let (a, b) = (writer.addInterface("a"), writer.addInterface("b"))
    let frames = [TestFrame.arp(), TestFrame.arp() + [1, 2, 3]]
    var verdict = Verdict()
    verdict.pass(at: 1_000_000_000)
    write(&writer, frames[0], a, b, verdict, 1_000_000_000)
    verdict.release = (1_050_000_000, 1_051_230_000)
    verdict.copies = 2
    verdict.corruptedBit = 77
    write(&writer, frames[1], b, a, verdict, 1_000_000_000)
    verdict.drop(.loss, rule: 1)
    write(&writer, frames[0], a, -1, verdict, 1_000_000_500)
    // More than the writer keeps before it writes.
    verdict.drop(.partition)
    for _ in 0..<1000 {
      write(&writer, [UInt8](repeating: 9, count: 1514), a, b, verdict, 1_000_000_500)
    }
    try writer.finish()
    let lines = try tshark(path)
    #expect(lines.count == 1003)
    #expect(lines[0] == "a|60|0.000000000|to b: passed")
    #expect(
      lines[1]
        == "b|63|0.000000000|to a: delayed by 50.000 ms, again after 51.230 ms, bit 77 flipped")
    #expect(lines[2] == "a|60|0.000000500|dropped: loss, by impairment 2")
    #expect(lines[1002] == "a|1514|0.000000500|to b: dropped: partition")
  }

  @Test func aFullDiskEndsTheCaptureAndNothingElse() throws {
    var writer = try CaptureWriter(path: "/dev/full")
    let port = writer.addInterface("a")
    var verdict = Verdict()
    verdict.pass(at: 0)
    for _ in 0..<1000 {
      write(&writer, [UInt8](repeating: 9, count: 1514), port, port, verdict, 0)
    }
    #expect(writer.failure?.message.contains("No space left") == true)
    #expect(throws: ProcessError.self) { try writer.finish() }
  }

  @Test func aFolderThatIsNotThereIsAnError() {
    let error = #expect(throws: ProcessError.self) {
      _ = try CaptureWriter(path: "/nonexistent/x.pcapng")
    }
    #expect(error?.message.contains("/nonexistent/x.pcapng") == true)
  }

  private func write(
    _ writer: inout CaptureWriter, _ frame: [UInt8], _ from: Int, _ to: Int, _ verdict: Verdict,
    _ now: UInt64
  ) {
    frame.withUnsafeBytes { writer.write($0, from: from, to: to, verdict: verdict, now: now) }
  }

  private func tshark(_ path: String) throws -> [String] {
    let fields = ["frame.interface_name", "frame.len", "frame.time_relative", "frame.comment"]
    let command =
      "tshark -r \(path) -T fields -E separator='|' "
      + fields.map { "-e \($0)" }.joined(separator: " ") + " 2>/dev/null"
    let pipe = try #require(popen(command, "r"))
    var lines: [String] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), pipe) != nil {
      let text = String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      lines.append(String(text.dropLast()))
    }
    #expect(pclose(pipe) == 0, "tshark (Debian: tshark) reads the capture")
    return lines
  }
}
