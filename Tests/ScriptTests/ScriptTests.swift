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

  @Test(arguments: scripts(in: "scripts") + scripts(in: "Tests/Scripts"))
  func script(_ path: String) throws {
    let header = try ScriptHeader(String(contentsOfFile: Self.root + "/" + path, encoding: .utf8))
    let run = try ScriptRun(path, header)
    run.finish()
    let report = "\(path)\nstdout:\n\(run.output)\nstderr:\n\(run.errors)"
    #expect(!run.isOutOfTime, "took longer than \(ScriptRun.patience) s: \(report)")
    #expect(run.status == header.status, "\(report)")
    for text in header.standardError { #expect(run.errors.contains(text), "\(text) in \(report)") }
    for text in header.absentError { #expect(!run.errors.contains(text), "\(text) in \(report)") }
    for text in header.standardOutput { #expect(run.output.contains(text), "\(text) in \(report)") }
    if header.status == 0 && header.standardError.isEmpty {
      #expect(run.errors.isEmpty, "nothing but the script's output: \(report)")
    }
    #expect(run.left() == [], "left behind by \(report)")
  }
}
