import Events
import Glibc
import Processes
import Scripting

/// `os.execute` and `io.popen`, as Lua has them but for this: C's system(3) ignores SIGINT and SIGQUIT
/// in the whole program while the command runs, so that Ctrl-C would be lost, and popen(3) leaves its
/// command behind. Here the command is a child like any other, ended with the run. At a terminal it shares vmscript's process group, so that it can
/// read from there and gets the terminal's keys; else it has its own, and all of it is ended.
enum HostCommand {
  static func execute(_ call: Call) throws(ScriptError) -> Int {
    guard !call.isAbsent(1) else { return call.results(.boolean(true)) }
    guard let text = call.text(1) else {
      throw .usage("os.execute wants a command as a string, got \(call.typeName(1))")
    }
    let status: ExitStatus?
    do throws(ProcessError) {
      status = HostChild(try launch(text)).end()
    } catch {
      return call.results(.nil, .string(error.message), .integer(127))
    }
    if let error = Ending.shared.takeCancellation() { throw error }
    return push(status, call)
  }

  /// `io.popen(command, mode)`.
  static func popen(_ call: Call) throws(ScriptError) -> Int {
    guard let text = call.text(1) else {
      throw .usage("io.popen wants a command as a string, got \(call.typeName(1))")
    }
    let mode = call.isAbsent(2) ? "r" : call.text(2)
    guard let mode, ["r", "w"].contains(mode) else {
      throw .usage("io.popen wants mode \"r\" or \"w\", got \(try call.value(2).shown)")
    }
    do throws(ProcessError) {
      let (reader, writer) = try Descriptor.pipe().split()
      let isReading = mode == "r"
      let child = try launch(text, descriptors: ["pipe": isReading ? writer : reader]) { command in
        if isReading {
          command.standardOutput = .descriptor("pipe")
        } else {
          command.standardInput = .descriptor("pipe")
        }
      }
      let ours = (isReading ? reader : writer).take()!.release()
      if call.pushStream(ours, mode: mode, of: HostChild(child)) { return 1 }
      throw ProcessError(.launch, "no memory for a file")
    } catch {
      return call.results(.nil, .string(error.message), .integer(127))
    }
  }

  private static func launch(
    _ text: String, descriptors: [String: DescriptorBox] = [:],
    _ change: (inout Command) -> Void = { _ in }
  ) throws(ProcessError) -> Child {
    var command = Command(
      name: "sh", executable: "/bin/sh", arguments: ["-c", Argument(text)])
    command.standardInput = .inherited
    command.standardOutput = .inherited
    command.standardError = .inherited
    command.hasOwnGroup = isatty(0) == 0
    change(&command)
    let ready = command
    fflush(nil)
    Ending.shared.noteWork()
    return try Supervisor.sync { () throws(ProcessError) in
      try Launcher.launch(ready, descriptors: descriptors)
    }
  }

  /// As os.execute and a file's close return it.
  fileprivate static func push(_ status: ExitStatus?, _ call: Call) -> Int {
    switch status {
    case .exited(let code):
      call.results(
        code == 0 ? .boolean(true) : .nil, .string("exit"), .integer(Int64(code)))
    case .signalled(let number):
      call.results(.nil, .string("signal"), .integer(Int64(number)))
    case nil: call.results(.nil, .string("exit"), .integer(127))
    }
  }
}

/// A command that a script runs on the host. It is stopped when the run is told to end: the script
/// may be held up by it, in C code.
private final class HostChild: ScriptObject {
  static let typeName = "host command"
  private let child: Child
  private var subscription: Subscription?

  init(_ child: Child) {
    self.child = child
    let stop: @Sendable () -> Void = {
      Supervisor.post { Task { @Supervisor in await child.stop() } }
    }
    let told = Ending.shared.isTold
    subscription = told.subscribe(stop)
    if told.value != nil { stop() }
  }

  /// Waits for its end.
  func end() -> ExitStatus? {
    defer { subscription = nil }
    return child.exited.block()
  }

  static var methods: [String: NativeFunction] {
    [
      "finish": { call in
        HostCommand.push((call.object(1) as? HostChild)?.end(), call)
      }
    ]
  }
}
