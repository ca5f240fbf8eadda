import Events
import Guests
import Machines
import Scripting

/// What the guests' own logs say when a script has failed: fetched from those that live and answer, and
/// put beside their consoles' logs.
enum GuestLogs {
  /// Seconds for all machines together; and when the run is out of time, whose report has to come before
  /// the grace is over.
  private static func patience(_ run: Run) -> Double {
    Ending.shared.reason != nil ? Ending.grace / 2 : run.isUnderTCG ? 10 : 4
  }
  /// Bytes of each that are kept.
  private static let limit = 16 << 20

  private struct Log {
    var machine: MachineObject
    var name: String
    var process: GuestProcess
  }

  /// The boot's kernel messages, and the newest of the journal where there is one.
  private static let commands = [
    ("dmesg.log", "dmesg"),
    (
      "journal.log",
      "test -d /run/systemd/system && exec journalctl -b -n 20000 --no-pager -o short-monotonic"
    ),
  ]

  /// Fetches them, and says of each machine what there is: a line for the report.
  static func collect(_ run: Run) -> [String] {
    let machines = run.machines
    let patience = patience(run)
    let deadline = Deadline.after(patience)
    let wasTold = Ending.shared.isTold.value != nil
    let logs = machines.flatMap { machine in begin(machine, patience) }
    let stirred = Event<Bool>()
    var stirring = logs.map { $0.process.exited.subscribe { stirred.set(true) } }
    // A first Ctrl-C ends this; a second one ends the program, whatever its threads do.
    stirring.append(Ending.shared.isTold.subscribe { stirred.set(true) })
    while logs.contains(where: { $0.process.exited.value == nil }) {
      if deadline.hasPassed || (!wasTold && Ending.shared.isTold.value != nil) { break }
      _ = stirred.block(until: deadline)
      stirred.clear()
    }
    stirring = []
    var written: [String: [String]] = [:]
    for log in logs {
      guard let ended = log.process.exited.value else {
        let process = log.process
        Supervisor.post { process.cancel() }
        continue
      }
      guard case .success(let result) = ended, result.isSuccess, result.output.count > 0 else {
        continue
      }
      let path = run.directory(of: log.machine.name) + "/" + log.name
      if (try? HostFile.write(result.standardOutput, to: path)) != nil {
        written[log.machine.name, default: []].append(log.name)
      }
    }
    return machines.compactMap { machine in
      written[machine.name].map {
        "fetched from machine '\(machine.name)': \($0.joined(separator: ", "))"
      }
    }
  }

  private static func begin(_ machine: MachineObject, _ patience: Double) -> [Log] {
    guard machine.machine.exited.value == nil, let agent = machine.agent, agent.ready.value != nil
    else { return [] }
    return commands.map { name, command in
      var request = ExecRequest.shell(command)
      request.standardOutput = .collected(limit: limit)
      request.standardError = .null
      request.timeout = patience
      let wanted = request
      return Log(
        machine: machine, name: name, process: Supervisor.sync { agent.exec(wanted) })
    }
  }
}
