import Events
import Glibc
import Machines
import Processes
import Scripting

/// What `--keep` does when the script is over: its machines live on, and the run with them, until Ctrl-C, the
/// run's time-out, or the end of the last of them. Nothing outlives the run.
enum Stay {
  static func stay(_ run: Run) {
    let machines = run.machines.filter { $0.machine.exited.value == nil && !$0.isPending }
      .filter { $0.machine.bootCount.value ?? 0 > 0 }
    guard !machines.isEmpty, Ending.shared.reason == nil else { return }
    let targets = machines.map(AttachTarget.init)
    let server: AttachServer?
    do throws(ProcessError) {
      server = try Supervisor.sync { () throws(ProcessError) in try AttachServer(targets) }
    } catch {
      run.options.say("warning: the machines cannot be entered: \(error.message)")
      server = nil
    }
    let over = Ending.shared.beginStay()
    let stirred = Event<Bool>()
    let events = machines.map(\.machine.exited) as [any Waking] + [over, Ending.shared.isTold]
    let subscriptions = events.map { $0.subscribe { stirred.set(true) } }
    run.options.say(text(machines, canEnter: server != nil, run.options))
    while over.value == nil, Ending.shared.reason == nil,
      machines.contains(where: { $0.machine.exited.value == nil })
    {
      _ = stirred.block()
      stirred.clear()
    }
    for subscription in subscriptions { subscription.cancel() }
    Ending.shared.endStay()
    Supervisor.sync { server?.close() }
  }

  private static func text(
    _ machines: [MachineObject], canEnter: Bool, _ options: RunOptions
  ) -> String {
    let names = machines.map { "'\($0.name)'" }.joined(separator: ", ")
    let noun = machines.count == 1 ? "machine \(names) is" : "machines \(names) are"
    var lines = ["vmscript: \(noun) kept, and all else of the run"]
    if canEnter {
      lines.append("  to enter the console of one, in another terminal:")
      for machine in machines.prefix(8) {
        let words = [options.program, "attach", String(getpid()), machine.name]
        lines.append("    " + words.map(StandaloneCommand.quoted).joined(separator: " "))
      }
    }
    let limit = options.timeout.map { ", or --timeout \(formatted($0))," } ?? ""
    lines.append("  Ctrl-C here\(limit) or kill \(getpid()) ends them")
    return lines.joined(separator: "\n")
  }
}
