import Events
import Guests
import Machines
import Scripting

/// What the guests' own logs say when a script has failed: fetched from those that live and answer, and
/// put beside their consoles' logs.
enum GuestLogs {
  /// Seconds that a guest has to begin with what it is asked: one that stands still is not waited for.
  private static let startPatience = 3.0

  /// Seconds for all machines together. When the run is out of time its report has to come before the
  /// grace is over.
  private static func patience(_ run: Run) -> Double {
    Ending.shared.reason != nil ? Ending.grace / 2 : run.isUnderTCG ? 15 : 5
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
    let (deadline, startDeadline) = (Deadline.after(patience), Deadline.after(startPatience))
    let wasTold = Ending.shared.isTold.value != nil
    let logs = machines.flatMap { machine in begin(machine, patience) }
    let stirred = Event<Bool>()
    var stirring = logs.flatMap { log in
      [log.process.started, log.process.exited].map { (event: any Waking) in
        event.subscribe { stirred.set(true) }
      }
    }
    // A first Ctrl-C ends this; a second one ends the program, whatever its threads do.
    stirring.append(Ending.shared.isTold.subscribe { stirred.set(true) })
    while !deadline.hasPassed, wasTold || Ending.shared.isTold.value == nil {
      let isLate = startDeadline.hasPassed
      let awaited = logs.filter { log in
        log.process.exited.value == nil && (!isLate || log.process.started.value != nil)
      }
      if awaited.isEmpty { break }
      _ = stirred.block(until: isLate ? deadline : min(deadline, startDeadline))
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
    // Machines of which there is the same in one line.
    let lists = machines.compactMap { written[$0.name]?.joined(separator: ", ") }
    var seen: Set<String> = []
    return lists.filter { seen.insert($0).inserted }.map { list in
      let names = machines.map(\.name).filter { written[$0]?.joined(separator: ", ") == list }
      let shown = names.map { "'\($0)'" }.joined(separator: ", ")
      return "fetched from machine\(names.count > 1 ? "s" : "") \(shown): \(list)"
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
      request.reportsStart = true
      let wanted = request
      return Log(
        machine: machine, name: name, process: Supervisor.sync { agent.exec(wanted) })
    }
  }
}
