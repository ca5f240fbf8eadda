import Events
import Glibc
import Processes
import Testing

@testable import Guests

/// The build's own tool, which stands beside the tests' program.
@Suite struct EmbedToolTests {
  private func embed(_ modules: [String: String], types: String = "") throws -> (
    status: Processes.ExitStatus?, text: String
  ) {
    let folder = "/tmp/vmscript-test-embed-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try Files.makeFolder("\(folder)/stdlib/internal")
    defer { Files.remove(folder) }
    try Files.makeFolder("\(folder)/meta")
    try Files.write(Array(types.utf8), to: "\(folder)/meta/types.lua")
    for (name, text) in modules {
      try Files.write(Array(text.utf8), to: "\(folder)/stdlib/\(name)")
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    let products = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    let tool = try #require(
      ["EmbedTool-tool", "EmbedTool"].map { "\(products)/\($0)" }.first {
        Files.exists($0)
      })
    var command = Command(name: "EmbedTool", executable: tool)
    command.arguments =
      ["stdlib"] + ["stdlib", "meta", "out.swift"].map { Argument("\(folder)/\($0)") }
    let child = try Supervisor.sync { [command] in try Launcher.launch(command) }
    let status = child.exited.block(until: .after(30))
    let errors = Supervisor.sync { child.errorOutput }
    let output = (try? Files.read("\(folder)/out.swift")) ?? []
    return (status, String(decoding: output, as: UTF8.self) + errors)
  }

  @Test func embedsModulesByName() throws {
    let (status, text) = try embed(
      [
        "b.lua": "return [[\"\"\" \\(x) \"\"\"##]]\n", "a.lua": "return 1",
        "internal/c.lua": "return 2\n",
      ], types: "---@class A\n")
    #expect(status == .exited(code: 0))
    let names = text.split(separator: "\n").compactMap { line in
      line.split(separator: "\"").dropFirst().first.flatMap { line.contains("name:") ? $0 : nil }
    }
    #expect(names == ["vmscript.a", "vmscript.b", "internal.c", "types"])
    #expect(text.contains("###\"\"\"\nreturn [[\"\"\" \\(x) \"\"\"##]]\n"))
  }

  @Test func aSyntaxErrorBreaksTheBuild() throws {
    let (status, text) = try embed([
      "good.lua": "return 1\n", "bad.lua": "local x = 1\nreturn return\n",
    ])
    #expect(status == .exited(code: 1))
    #expect(text.contains("bad.lua:2: error: "))
    #expect(!text.contains("enum"))
  }
}
