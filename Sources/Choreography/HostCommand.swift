import Events
import Glibc
import Processes
import Scripting

/// `os.execute`, as Lua has it but for one thing: C's system(3) ignores SIGINT and SIGQUIT in the
/// whole program while the command runs, so that Ctrl-C would be lost. The command is a child like
/// any other, ended with the run. At a terminal it shares vmscript's process group, so that it can
/// read from there and gets the terminal's keys; else it has its own, and all of it is ended.
enum HostCommand {
  static func execute(_ call: Call) throws(ScriptError) -> Int {
    guard !call.isAbsent(1) else { return call.results(.boolean(true)) }
    guard let text = call.text(1) else {
      throw .usage("os.execute wants a command as a string, got \(call.typeName(1))")
    }
    var command = Command(
      name: "sh", executable: "/bin/sh", arguments: ["-c", Argument(text)])
    command.standardInput = .inherited
    command.standardOutput = .inherited
    command.standardError = .inherited
    command.hasOwnGroup = isatty(0) == 0
    fflush(nil)
    Ending.shared.noteWork()
    let status: ExitStatus?
    do throws(ProcessError) {
      let ready = command
      let child = try Supervisor.sync { () throws(ProcessError) in try Launcher.launch(ready) }
      let stop: @Sendable () -> Void = {
        Supervisor.post { Task { @Supervisor in await child.stop() } }
      }
      let subscription = Ending.shared.isTold.subscribe(stop)
      defer { subscription.cancel() }
      if Ending.shared.isTold.value != nil { stop() }
      status = child.exited.block()
    } catch {
      return call.results(.nil, .string(error.message), .integer(127))
    }
    if let error = Ending.shared.takeCancellation() { throw error }
    switch status {
    case .exited(let code):
      return call.results(
        code == 0 ? .boolean(true) : .nil, .string("exit"), .integer(Int64(code)))
    case .signalled(let number):
      return call.results(.nil, .string("signal"), .integer(Int64(number)))
    case nil: return call.results(.nil, .string("exit"), .integer(127))
    }
  }
}
