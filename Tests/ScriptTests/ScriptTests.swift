import Foundation
import Testing

/// Runs every script of scripts/ and Tests/Scripts through the built binary, and holds its exit
/// status and output against its header. Folders below Tests/Scripts hold what the scripts use.
@Suite(.serialized) struct ScriptTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static func scripts(in folder: String) -> [String] {
    let found = try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)
    return (found ?? []).filter { $0.hasSuffix(".lua") }.sorted().map { folder + "/" + $0 }
  }

  static let all = scripts(in: "scripts") + scripts(in: "Tests/Scripts")
  static let lanes = ScriptLanes(all)

  @Test(arguments: all) func script(_ path: String) throws {
    let (header, run, left) = try Self.lanes.result(of: path)
    let report = "\(path)\nstdout:\n\(run.output)\nstderr:\n\(run.errors)"
    #expect(!run.isOutOfTime, "took longer than \(ScriptRun.patience) s: \(report)")
    #expect(run.status == header.status, "\(report)")
    for text in header.standardError { #expect(run.errors.contains(text), "\(text) in \(report)") }
    for text in header.absentError { #expect(!run.errors.contains(text), "\(text) in \(report)") }
    for text in header.standardOutput { #expect(run.output.contains(text), "\(text) in \(report)") }
    if header.status == 0 && header.standardError.isEmpty {
      // Of the host, and of no script: a machine that came up without a timer was booted again.
      let errors = run.errors.split(separator: "\n").filter { !$0.contains("found no timer") }
      #expect(errors.isEmpty, "nothing but the script's output: \(report)")
    }
    #expect(left == [], "left behind by \(report)")
  }
}
