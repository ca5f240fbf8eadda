import Foundation
import Testing

/// `vmscript doctor`, through the binary, with programs that are not there or are not what they seem.
@Suite(.serialized) struct DoctorTests {
  private struct Outcome {
    var status: Int32?
    var output: String
    var errors: String
    var seconds: Double

    func finding(_ id: String) -> [String: Any] {
      let json = (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any]
      return (json?["findings"] as? [[String: Any]])?.first { $0["id"] as? String == id } ?? [:]
    }
    func level(_ id: String) -> String? { finding(id)["level"] as? String }
    func text(_ id: String) -> String { finding(id)["text"] as? String ?? "" }
  }

  private func doctor(
    _ words: [String] = ["--json"], before: String = "",
    change: (inout [String: String], String) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    let traces = try Traces()
    var environment = traces.environment
    try change(&environment, traces.scratch)
    let started = Date()
    let child = try ChildProcess(
      ["/bin/sh", "-c", before + "exec \"$0\" doctor \"$@\"", ScriptRun.binary] + words,
      environment: environment, directory: ScriptTests.root)
    child.run { _ in 1 }
    #expect(traces.left() == [])
    return Outcome(
      status: child.status, output: String(decoding: child.outputBytes, as: UTF8.self),
      errors: String(decoding: child.errorBytes, as: UTF8.self),
      seconds: Date().timeIntervalSince(started))
  }

  /// Makes PATH lead to this program alone.
  private func path(_ name: String, _ text: String) -> (inout [String: String], String) throws ->
    Void
  {
    { environment, scratch in
      let folder = scratch + "/bin"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      chmod("\(folder)/\(name)", 0o755)
      environment["PATH"] = folder
    }
  }

  @Test func findsThisHostFit() throws {
    let found = try doctor()
    #expect(found.status == 0 && found.errors == "", "\(found.output)")
    for id in ["qemu", "qemu-parts", "swtpm", "uefi", "guest", "state", "temporary", "memory"] {
      #expect(found.level(id) == "ok", "\(id): \(found.text(id))")
    }
    let details = found.finding("qemu")["details"] as? [String: Any]
    #expect((details?["version"] as? String)?.split(separator: ".").count == 3)
    #expect(["ok", "warn"].contains(found.level("kvm")))
    let text = try doctor([])
    let lines = text.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("ok      qemu        /") == true, "\(text.output)")
    #expect(lines.last == "Scripts can boot the default guest here.")
  }

  @Test func saysWhatIsMissing() throws {
    let found = try doctor(change: path("nothing", ""))
    #expect(found.status == 3, "\(found.output)")
    #expect(found.level("qemu") == "missing" && found.level("swtpm") == "warn")
    #expect(found.finding("qemu")["remedy"] as? String == "sudo apt-get install qemu-system-x86")
    #expect(found.text("images").contains("mmdebstrap"))
  }

  @Test func isNotTakenIn() throws {
    let rubbish = try doctor(
      change: path("qemu-system-x86_64", "#!/bin/sh\necho 'QEMU \u{1b}[31mperhaps'\n"))
    #expect(rubbish.status == 3 && rubbish.text("qemu").contains("does not answer as QEMU does"))
    #expect(!rubbish.text("qemu").contains("\u{1b}"))
    let failing = try doctor(
      change: path("qemu-system-x86_64", "#!/bin/sh\necho 'no libfoo' >&2\nexit 127\n"))
    #expect(failing.status == 3 && failing.text("qemu").contains("no libfoo"))
    let hanging = try doctor(
      change: path("qemu-system-x86_64", "#!/bin/sh\nexec /bin/sleep 1000\n"))
    #expect(hanging.status == 3 && hanging.text("qemu").contains("does not answer within 2 s"))
    #expect(hanging.seconds < 30)
    let old = #"{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 6}}}}"#
    let aged = try doctor(change: path("qemu-system-x86_64", "#!/bin/sh\necho '\(old)'\n"))
    #expect(aged.text("qemu").contains("version 6.2.0, and 7.2 is the oldest"))
    #expect(
      aged.level("qemu-parts") == "missing" && aged.text("qemu-parts").contains("-netdev user"))
  }

  @Test func looksAtPlacesAndLimits() throws {
    let nowhere = try doctor { environment, _ in
      environment["XDG_CACHE_HOME"] = "/dev/null/cache"
      environment["XDG_STATE_HOME"] = "/dev/null/state"
    }
    #expect(nowhere.status == 3 && nowhere.level("guest") == "missing", "\(nowhere.output)")
    #expect(nowhere.level("state") == "missing" && nowhere.level("cache") == "warn")
    let empty = try doctor { environment, scratch in
      environment["XDG_CACHE_HOME"] = scratch + "/cache"
      environment["HOME"] = nil
    }
    #expect(empty.status == 0 && empty.level("guest") == "warn", "\(empty.output)")
    #expect(empty.finding("guest")["remedy"] as? String == "vmscript guest")
    let few = try doctor(before: "ulimit -n 100; ")
    #expect(few.status == 0 && few.level("descriptors") == "warn", "\(few.output)")
    let none = try doctor(before: "ulimit -n 14; ")
    #expect(none.status == 3 && none.errors.contains("14 open files are too few"), "\(none.errors)")
  }

  /// The limit that is too low and may be raised is no hindrance.
  @Test func raisesALimit() throws {
    let low = try doctor(before: "ulimit -Sn 14; ")
    #expect(low.status == 0 && low.level("descriptors") == "ok", "\(low.output)")
  }
}
