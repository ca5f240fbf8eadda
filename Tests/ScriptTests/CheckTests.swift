import Foundation
import Testing

/// `vmscript check` and `vmscript new`, through the built binary.
@Suite struct CheckTests {
  private static let root = ScriptTests.root

  /// Runs the program in a folder: its exit status, output and errors.
  private static func run(
    _ arguments: [String], in directory: String = root
  ) throws -> (status: Int32?, output: String, errors: String) {
    let child = try ChildProcess(
      [ScriptRun.binary] + arguments, environment: ProcessInfo.processInfo.environment,
      directory: directory)
    child.run { _ in 1 }
    return (
      child.status, String(decoding: child.outputBytes, as: UTF8.self),
      String(decoding: child.errorBytes, as: UTF8.self)
    )
  }

  private static func files(under folder: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: root + "/" + folder)
    return (found?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".lua") }.sorted()
      .map { folder + "/" + $0 }
  }

  /// The comments before a line say what is found in it, and nothing else is.
  @Test func findsEachMistakeAndNoOther() throws {
    let path = "Tests/Fixtures/check/mistakes.lua"
    let lines = try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var expected: [String] = []
    var waiting: [Substring] = []
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("--> ") {
        waiting.append(line.dropFirst(4))
      } else {
        expected += waiting.map { "\(number + 1) \($0)" }
        waiting = []
      }
    }
    let run = try Self.run(["check", path])
    let found = run.output.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
      return "\(parts[1])\(parts[3])"
    }
    #expect(found == expected)
    #expect(expected.count > 20)
    #expect(run.status == 1)
  }

  /// Scripts that run without an error have no mistakes; those that make some on purpose are known.
  @Test func scriptsThatRunHaveNoMistakes() throws {
    let onPurpose: Set<String> = [
      "Tests/Scripts/guest.lua", "Tests/Scripts/waits.lua", "Tests/Scripts/cluster.lua",
      "Tests/Scripts/check.lua", "Tests/Scripts/modules/broken.lua",
      "Tests/Scripts/modules/fails_inside.lua",
    ]
    let header = try NSRegularExpression(pattern: "^-- status: [12]$", options: .anchorsMatchLines)
    let fine = try (Self.files(under: "scripts") + Self.files(under: "Tests/Scripts")).filter {
      let text = try String(contentsOfFile: Self.root + "/" + $0, encoding: .utf8)
      let fails = header.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
      return !fails && !onPurpose.contains($0) && !$0.contains("misuse")
    }
    #expect(fine.count > 80)
    let run = try Self.run(["check"] + fine)
    #expect(run.output == "")
    #expect(run.status == 0)
  }

  @Test func namesWhatCannotBeChecked() throws {
    let run = try Self.run([
      "check", "/nonexistent.lua", "Tests/Scripts", "Tests/Scripts/syntax-error.lua",
    ])
    #expect(run.status == 2)
    let lines = run.output.split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[0].hasPrefix("/nonexistent.lua: cannot read"))
    #expect(lines[1].contains("is a directory"))
    #expect(lines[2].hasPrefix("Tests/Scripts/syntax-error.lua:5: "))
  }

  @Test func aNewProjectPassesAsWritten() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/new-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try Self.run(["new", "tests of mine"], in: folder)
    #expect(made.status == 0, "\(made.errors)")
    let project = folder + "/tests of mine"
    for arguments in [
      ["check", "pair.lua", "tests/boot_test.lua"], ["run", "pair.lua"], ["test", "tests"],
    ] {
      let run = try Self.run(arguments, in: project)
      #expect(run.status == 0, "\(arguments): \(run.output)\(run.errors)")
    }
    let settings = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: project + "/.luarc.json")))
    let library = (settings as? [String: Any])?["workspace.library"] as? [String]
    let types = try #require(library?.first)
    #expect(
      FileManager.default.contents(atPath: "\(project)/\(types)/vmscript.lua")
        == FileManager.default.contents(atPath: Self.root + "/docs/meta/vmscript.lua"))

    let again = try Self.run(["new", "tests of mine"], in: folder)
    #expect(again.status == 1)
    #expect(again.errors.contains("is there already"))
    try "changed".write(
      toFile: "\(project)/\(types)/vmscript.lua", atomically: true, encoding: .utf8)
    #expect(try Self.run(["new", "--types", "."], in: project).status == 0)
    #expect(
      FileManager.default.contents(atPath: "\(project)/\(types)/vmscript.lua")!.count > 10_000)
    let nowhere = try Self.run(["new", "/proc/project"], in: folder)
    #expect(nowhere.status == 1)
    #expect(nowhere.errors.contains("/proc/project"))
  }
}
