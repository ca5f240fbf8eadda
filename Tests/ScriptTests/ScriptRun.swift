import Foundation

/// One run of a script through the binary, with a mark in its environment by which everything it
/// started can be found, and directories of its own for what it leaves.
final class ScriptRun {
  private let process = Process()
  private let mark = UUID().uuidString
  private let scratch: URL
  private let outputPipe = Pipe()
  private let errorPipe = Pipe()
  private(set) var output = ""
  private(set) var errors = ""
  private(set) var status: Int32 = -1
  private let signals: [String]
  /// Longer than any script here takes.
  private let patience = 300.0

  static var binary: String {
    ProcessInfo.processInfo.environment["VMSCRIPT"]
      ?? ScriptTests.root.path + "/.build/release/vmscript"
  }

  init(_ path: String, _ header: ScriptHeader) throws {
    signals = header.signals
    scratch = FileManager.default.temporaryDirectory.appending(path: "vmscript-test-\(mark)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    let run = ["run"] + header.options + [path] + header.arguments
    process.currentDirectoryURL = ScriptTests.root
    if let limit = header.limit {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "ulimit -v \(limit); exec \"$@\"", "sh", Self.binary] + run
    } else {
      process.executableURL = URL(fileURLWithPath: Self.binary)
      process.arguments = run
    }
    var environment = ProcessInfo.processInfo.environment
    environment["VMSCRIPT_TEST_MARK"] = mark
    environment["XDG_RUNTIME_DIR"] = scratch.path
    environment["TMPDIR"] = scratch.path
    environment["XDG_STATE_HOME"] = scratch.path + "/state"
    for (name, value) in header.environment {
      environment[name] = value.replacingOccurrences(of: "@", with: scratch.path)
    }
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = outputPipe
    process.standardError = errorPipe
    try process.run()
  }

  func finish() throws {
    let errorReader = Thread.collect(errorPipe.fileHandleForReading)
    let deadline = Date().addingTimeInterval(patience)
    let killer = DispatchWorkItem { [process] in process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + patience, execute: killer)
    var collected = Data()
    var signals = self.signals
    while case let data = outputPipe.fileHandleForReading.availableData, !data.isEmpty {
      collected += data
      guard !signals.isEmpty, String(decoding: collected, as: UTF8.self).contains("ready\n") else {
        continue
      }
      for name in signals { kill(process.processIdentifier, Self.number(name)) }
      signals = []
    }
    process.waitUntilExit()
    killer.cancel()
    precondition(Date() < deadline.addingTimeInterval(30))
    output = String(decoding: collected, as: UTF8.self)
    errors = errorReader.result()
    status = process.terminationReason == .exit ? process.terminationStatus : -1
  }

  private static func number(_ name: String) -> Int32 {
    ["INT": SIGINT, "TERM": SIGTERM, "HUP": SIGHUP, "KILL": SIGKILL][name]!
  }

  /// Processes with the mark, and files outside the record. The guardian may need a moment after a
  /// SIGKILL: it is waited for, at most 10 s.
  func left() throws -> [String] {
    let deadline = Date().addingTimeInterval(10)
    while true {
      let found = processes() + volatileFiles()
      if found.isEmpty || Date() > deadline {
        try? FileManager.default.removeItem(at: scratch)
        return found
      }
      usleep(20_000)
    }
  }

  private func processes() -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int($0) != nil }.compactMap { pid in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        String(decoding: environment, as: UTF8.self).contains(mark)
      else { return nil }
      let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return "process \(pid): \(String(decoding: line, as: UTF8.self))"
    }
  }

  private func volatileFiles() -> [String] {
    let base = scratch.path + "/vmscript-\(geteuid())"
    return ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).map { base + "/" + $0 }
  }
}

/// Reads a handle to its end on a thread of its own.
final class Collector: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var data = Data()

  init(_ handle: FileHandle) {
    Thread.detachNewThread { [self] in
      data = handle.readDataToEndOfFile()
      done.signal()
    }
  }

  func result() -> String {
    done.wait()
    return String(decoding: data, as: UTF8.self)
  }
}

extension Thread {
  static func collect(_ handle: FileHandle) -> Collector { Collector(handle) }
}
