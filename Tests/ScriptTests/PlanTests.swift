import Foundation
import Testing

/// `vmscript plan`, through the binary.
@Suite(.serialized) struct PlanTests {
  private struct Outcome {
    var status: Int32?
    var output: String
    var errors: String
    var left: [String]

    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
    }
    func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
    func machine(_ name: String) -> [String: Any] {
      list("machines").first { $0["name"] as? String == name } ?? [:]
    }
    var outcome: [String: Any] { json["outcome"] as? [String: Any] ?? [:] }
  }

  private static let fixture = "Tests/Fixtures/planned.lua"

  /// Runs the binary with words in which `@` is an empty directory, and says what it left there.
  private func run(
    _ words: [String], input: String? = nil,
    change: (inout [String: String], String) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    let traces = try Traces()
    var environment = traces.environment
    try change(&environment, traces.scratch)
    let child = try ChildProcess(
      [ScriptRun.binary] + words.map { $0.replacingOccurrences(of: "@", with: traces.scratch) },
      environment: environment, directory: ScriptTests.root, input: input)
    let deadline = Date().addingTimeInterval(60)
    child.run { child in
      if Date() > deadline { kill(child.pid, SIGKILL) }
      return 1
    }
    let files =
      FileManager.default.enumerator(atPath: traces.scratch)?.allObjects as? [String] ?? []
    return Outcome(
      status: child.status, output: String(decoding: child.outputBytes, as: UTF8.self),
      errors: String(decoding: child.errorBytes, as: UTF8.self), left: files + traces.left())
  }

  private func script(_ text: String, options: [String] = ["--json"]) throws -> Outcome {
    let file = FileManager.default.temporaryDirectory.path + "/plan-\(UUID().uuidString).lua"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    return try run(["plan"] + options + [file])
  }

  /// Programs that would tell if they were started.
  private func trap(_ environment: inout [String: String], _ scratch: String) throws {
    let folder = scratch + "/bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["qemu-system-x86_64", "swtpm", "virtiofsd"] {
      let path = "\(folder)/\(name)"
      try Data("#!/bin/sh\n>'\(scratch)/started-'$(basename \"$0\")\n".utf8)
        .write(to: URL(fileURLWithPath: path))
      chmod(path, 0o755)
    }
    environment["PATH"] = "\(folder):/usr/bin:/bin"
    environment["VMSCRIPT_VIRTIOFSD"] = folder + "/virtiofsd"
  }

  @Test func showsEverythingAndStartsNothing() throws {
    let plan = try run(["plan", "--json", "--seed", "7", Self.fixture, "@"], change: trap)
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.left.filter { !$0.hasPrefix("bin") } == [])
    #expect(plan.json["schema"] as? Int == 1 && plan.json["seed"] as? Int == 7)
    #expect(plan.outcome["state"] as? String == "waiting")
    let waits = plan.outcome["waits"] as? [[String: String]] ?? []
    #expect(waits.count == 3 && waits.first?["place"] == "\(Self.fixture):28", "\(waits)")
    #expect(waits.contains { $0["purpose"]?.contains("machine 'a'") == true }, "\(waits)")
    #expect(plan.list("machines").map { $0["name"] as? String } == ["a", "b", "c", "d"])
    #expect(plan.machine("c")["started"] as? Bool == false)
    #expect(plan.machine("d")["guest"] as? String == "the default guest")
    let b = plan.machine("b")
    let command = b["command"] as? [String] ?? []
    #expect(command.contains("chardev=qmp,mode=control") && command.contains("tpm-tis,tpmdev=tpm0"))
    #expect(command.contains("dgram,id=net0,local.type=fd,local.str=<net0>"))
    #expect(command.contains { $0.hasPrefix("name=opt/org.example/x,file=") })
    let helpers = b["helpers"] as? [[String]] ?? []
    #expect(helpers.map { $0.first?.split(separator: "/").last } == ["swtpm", "virtiofsd"])
    let ports = b["ports"] as? [[String: Any]] ?? []
    #expect(
      ports.map { $0["chosen"] as? Bool } == [true, false] && ports[1]["host"] as? Int == 8443)
    let cables = plan.list("cables")
    let ends = cables.first?["ends"] as? [[String: Any]] ?? []
    let holders = ends.flatMap { $0["holders"] as? [[String: Any]] ?? [] }
    #expect(holders.map { "\($0["name"]!) \($0["as"]!)" } == ["a net0", "b net0"])
    #expect(plan.list("networks").first?["name"] as? String == "the \"lan\" \\n")
    #expect(plan.list("disks").count == 1 && plan.list("tpms").count == 1)
    #expect(
      plan.list("processes").first?["command"] as? [String] == ["no-such-program", "--flag", "a b"])
    let host = plan.json["host"] as? [String: Any] ?? [:]
    let needs = host["needs"] as? [[String: Any]] ?? []
    #expect(needs.contains { $0["name"] as? String == "no-such-program" && $0["path"] is NSNull })
    #expect(host["memory"] as? Int == (256 + 64 + 512 + 64 + 256 + 64) << 20)
    // What the script printed.
    #expect(plan.errors.contains("{\"args\":["))
  }

  @Test func commandsAreThoseOfARun() throws {
    let plan = try run(["plan", "--json", "--seed", "7", Self.fixture, "@"])
    let started = try run(["run", "--seed", "7", Self.fixture, "run"])
    #expect(started.status == 0, "\(started.errors)")
    let printed =
      try JSONSerialization.jsonObject(with: Data(started.output.utf8)) as? [String: Any]
    let command = plan.machine("a")["command"] as? [String] ?? []
    #expect(command.count > 10 && Array(command.dropFirst()) == printed?["args"] as? [String])
  }

  @Test func isReadInEightyColumnsAndDrawn() throws {
    let plan = try run(["plan", Self.fixture, "@"])
    #expect(plan.status == 0, "\(plan.errors)")
    let lines = plan.output.split(separator: "\n")
    // A path has no place to break at.
    let wide = lines.filter {
      $0.count > 80 && $0.dropFirst(12).dropLast().contains { " ,".contains($0) }
    }
    #expect(wide == [] && lines.contains { $0.hasPrefix("machine b,") }, "\(plan.output)")
    let graph = try run(["plan", "--dot", Self.fixture, "@"])
    let file = FileManager.default.temporaryDirectory.path + "/plan-\(UUID().uuidString).dot"
    try Data(graph.output.utf8).write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    let dot = try ChildProcess(
      ["dot", "-Tsvg", file], environment: ProcessInfo.processInfo.environment, directory: "/")
    dot.run { _ in 1 }
    let drawn = String(decoding: dot.outputBytes, as: UTF8.self)
    #expect(dot.status == 0 && dot.errorBytes.isEmpty, "\(graph.output)")
    #expect(drawn.contains("the &quot;lan&quot; \\n") && drawn.contains("8443"), "\(drawn)")
  }

  @Test func missesWhatIsNotThere() throws {
    let plan = try run(["plan", "--json", Self.fixture, "@"]) { environment, scratch in
      environment["PATH"] = "/nowhere"
      environment["XDG_CACHE_HOME"] = scratch + "/cache"
    }
    #expect(plan.status == 0, "\(plan.errors)")
    // The accelerator is remembered there, and nothing else.
    #expect(plan.left.filter { !$0.hasPrefix("cache") || $0.contains("guest") } == [])
    let needs = (plan.json["host"] as? [String: Any])?["needs"] as? [[String: Any]] ?? []
    let lacking = needs.filter { $0["path"] is NSNull }.compactMap { $0["name"] as? String }
    #expect(lacking.contains("qemu-system-x86_64") && lacking.contains("swtpm"), "\(needs)")
    #expect(needs.first?["remedy"] as? String == "sudo apt-get install qemu-system-x86")
    #expect(plan.list("guests").first?["built"] as? Bool == false)
  }

  @Test func endsBeforeAWait() throws {
    let ended = try script("print 'hi' wait(0)")
    #expect(ended.status == 0 && ended.outcome["state"] as? String == "ended")
    let exited = try script("microvm { name = 'x' } os.exit(5)")
    #expect(exited.status == 5 && exited.outcome["state"] as? String == "exited")
    #expect(exited.list("machines").count == 1 && exited.left == [])
    let skipped = try script("skip 'no moon'")
    #expect(skipped.status == 0 && skipped.outcome["reason"] as? String == "skipped: no moon")
    let mistake = try script(
      "local l = socketpair()\nmicrovm { net = { l } }\nmicrovm { net = { l } }")
    #expect(
      mistake.status == 1 && mistake.errors.contains(":3: cable end 'cable.left' is in machine"))
    #expect(mistake.outcome["state"] as? String == "failed" && mistake.list("machines").count == 2)
    let misspelt = try script("microvm { memry = '1G' }")
    #expect(misspelt.status == 1 && misspelt.errors.contains("did you mean 'memory'?"))
    let deadlock = try script(
      "local a <close> = spawn(function() wait(require 'vmscript.channel'():receive()) end) wait(a)"
    )
    #expect(deadlock.status == 1 && deadlock.errors.contains("deadlock"), "\(deadlock.errors)")
    let twice = try script("portmap { [80] = 8443 } portmap { [81] = 8443 }")
    #expect(twice.status == 1 && twice.errors.contains("8443"), "\(twice.errors)")
    let endless = try script("while true do end", options: ["--json", "--timeout", "0.3"])
    #expect(endless.status == 124 && endless.output == "")
    let broken = try script("x =")
    #expect(broken.status == 2 && broken.output == "")
    let both = try run(["plan", "--json", "--dot", Self.fixture])
    #expect(both.status == 2 && both.errors.contains("--json and --dot"))
  }

  @Test func doesWhatTheScriptDoesItself() throws {
    let own = try script(
      "print((io.popen 'echo popen'):read()) local f <close> = setmetatable({}, { __close ="
        + " function() print 'closed' end }) wait(1)")
    #expect(own.status == 0 && own.errors == "popen\nclosed\n" && own.left == [])
  }

  /// Whoever reads has gone.
  @Test func bearsAClosedPipe() throws {
    let traces = try Traces()
    let child = try ChildProcess(
      [
        "/bin/sh", "-c", "\"$0\" plan Tests/Fixtures/planned.lua \"$1\" | true", ScriptRun.binary,
        traces.scratch,
      ],
      environment: traces.environment, directory: ScriptTests.root)
    child.run { _ in 1 }
    #expect(child.status == 0 && traces.left() == [])
  }
}
