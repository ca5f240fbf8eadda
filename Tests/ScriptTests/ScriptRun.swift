import Foundation

/// One run of a script through the binary, with a mark in its environment by which everything it
/// started can be found, and directories of its own for what it leaves.
final class ScriptRun {
  private let child: ChildProcess
  private let traces: Traces
  private let signals: [String]
  /// Whether it had to be ended.
  private(set) var isOutOfTime = false
  /// Longer than any script here takes, in seconds.
  static let patience = 600.0

  var output: String { String(decoding: child.outputBytes, as: UTF8.self) }
  var errors: String { String(decoding: child.errorBytes, as: UTF8.self) }
  var status: Int32? { child.status }

  static var binary: String {
    let given = ProcessInfo.processInfo.environment["VMSCRIPT"]
    return given ?? ScriptTests.root + "/.build/release/vmscript"
  }

  init(_ path: String, _ header: ScriptHeader) throws {
    signals = header.signals
    traces = try Traces()
    let root = ScriptTests.root
    let file = header.directory == nil ? path : root + "/" + path
    var words: [String]
    switch header.way {
    case .file: words = [Self.binary, "run"] + header.options + [file] + header.arguments
    case .stdin: words = [Self.binary, "run"] + header.options + ["-"] + header.arguments
    case .program: words = [root + "/" + path] + header.arguments
    }
    if let limit = header.limit {
      words = ["/bin/sh", "-c", "ulimit -v \(limit); exec \"$@\"", "sh"] + words
    }
    if let size = header.scratch {
      // Seen by these processes alone, and gone with them.
      let mount = "mount -t tmpfs -o size=\(size),mode=700 tmpfs \"$TMPDIR\"; exec \"$@\""
      let namespace = geteuid() == 0 ? ["--mount"] : ["--mount", "--map-root-user"]
      words = ["unshare"] + namespace + ["/bin/sh", "-ec", mount, "sh"] + words
    }
    var environment = traces.environment
    environment["VMSCRIPT"] = Self.binary
    let folder = Self.binary.prefix(upTo: Self.binary.lastIndex(of: "/")!)
    environment["PATH"] = "\(folder):" + (environment["PATH"] ?? "/usr/bin:/bin")
    for (name, value) in header.environment {
      environment[name] = value.replacingOccurrences(of: "@", with: traces.scratch)
    }
    child = try ChildProcess(
      words, environment: environment, directory: root + "/" + (header.directory ?? ""),
      input: header.way == .stdin ? path : nil, readsErrors: header.readsErrors)
  }

  func finish() {
    var signals = self.signals
    let started = Date()
    var nextSignal = started
    var limits = [(Self.patience, SIGTERM), (Self.patience + 10, SIGKILL)]
    child.run { child in
      if !signals.isEmpty, Date() > nextSignal,
        String(decoding: child.outputBytes, as: UTF8.self).contains("ready\n")
      {
        kill(child.pid, Self.number(signals.removeFirst()))
        // The next is to be the second, and not the same one twice.
        nextSignal = Date().addingTimeInterval(0.2)
      }
      let passed = Date().timeIntervalSince(started)
      if let (limit, signal) = limits.first, passed > limit {
        isOutOfTime = true
        if child.status == nil { kill(child.pid, signal) }
        limits.removeFirst()
      }
      // A process that it left may hold the pipes open.
      return passed > Self.patience + 15 ? nil : 1
    }
  }

  private static func number(_ name: String) -> Int32 {
    ["INT": SIGINT, "TERM": SIGTERM, "HUP": SIGHUP, "KILL": SIGKILL][name]!
  }

  /// Processes with the mark, and volatile directories. What scripts made with os.tmpname goes to
  /// /tmp and is not looked for.
  func left() -> [String] { traces.left() }
}
