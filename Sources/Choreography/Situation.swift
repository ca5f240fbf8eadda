import Events
import Machines
import Scripting

/// What all else was doing when the script failed: the other tasks, and the machines. Lines for a person,
/// bounded in number.
struct Situation: Sendable {
  private static let limit = 12

  /// What the failed task waited for when it was told to end.
  var interrupted: String?
  var tasks: [String] = []
  var machines: [Machine] = []

  struct Machine: Sendable {
    var name: String
    var text: String
    var hasEnded: Bool
  }

  /// Of the script's thread, at any time.
  init(_ run: Run, failed: LuaTask?) {
    let scheduler = run.interpreter.scheduler
    if let wait = failed?.lastWait, !(failed?.firstFailure?.text.contains(wait.purpose) ?? false) {
      interrupted = "it waited for \(wait.purpose)\(Self.since(wait.began))"
    }
    let others = scheduler.living.filter { $0 !== failed }
    tasks = others.prefix(Self.limit).map { task in
      guard let wait = task.presentWait else { return "\(task.name): about to go on" }
      let place = scheduler.place(of: task).map { " at \($0)" } ?? ""
      return "\(task.name)\(place) waits for \(wait.purpose)\(Self.since(wait.began))"
    }
    if others.count > Self.limit { tasks.append("… and \(others.count - Self.limit) tasks more") }
    machines = run.machines.map { Machine(name: $0.name, text: $0.state, hasEnded: $0.hasEnded) }
  }

  /// Lines for a report that has told of one machine's end already.
  func lines(withoutEnded told: String?) -> [String] {
    let others = machines.filter { !($0.hasEnded && $0.name == told) }
    var lines = others.prefix(Self.limit).map { "machine '\($0.name)': \($0.text)" }
    if others.count > Self.limit {
      lines.append("… and \(others.count - Self.limit) machines more")
    }
    return tasks + lines
  }

  private static func since(_ instant: Instant) -> String {
    let seconds = Instant.now.seconds(since: instant)
    return seconds < 0.1 ? "" : " (for \(ConsoleTimes.fixed(seconds, 1)) s)"
  }
}

extension MachineObject {
  /// How far it has come, and when it said something last.
  fileprivate var state: String {
    if let reason = pendingReason { return "not started: it waits for \(reason)" }
    let boots = machine.bootCount.value ?? 0
    guard boots > 0 else { return "not started" }
    let (machine, agent, started) = (machine, agent, run.started)
    let (state, silence) = Supervisor.sync {
      (machine.stateText(ready: agent?.ready.value?.at), machine.silence(since: started))
    }
    var parts = [state]
    if boots > 1 { parts.append("boot \(boots)") }
    if machine.exited.value == nil {
      switch silence {
      case nil: parts.append("its console said nothing")
      case let seconds? where seconds >= 1:
        parts.append("console silent for \(ConsoleTimes.fixed(seconds, 1)) s")
      default: break
      }
    }
    return parts.joined(separator: ", ")
  }
}

extension Machine {
  fileprivate func stateText(ready: Instant?) -> String {
    if let exit = exited.value {
      return switch exit.reason {
      case .poweroff: "powered off"
      case .reboot: "ended by its guest's reboot"
      case .panic: "ended by a kernel panic"
      case .killed: exit.isAsked ? "ended by this script" : "killed"
      case .crashed: "ended: QEMU " + (exit.code.map { "exited with status \($0)" } ?? "crashed")
      }
    }
    if failure.value != nil { return "failed" }
    if isFrozen { return "frozen by this script" }
    if connected.value == nil { return "QEMU starts" }
    if isPaused { return "paused" }
    if let ready {
      return "ready for \(ConsoleTimes.fixed(Instant.now.seconds(since: ready), 1)) s"
    }
    return specification.agentPorts.isEmpty ? "runs without an agent" : "boots"
  }

  /// Seconds since its console said something in this boot.
  fileprivate func silence(since origin: Instant) -> Double? {
    let snapshot = console.snapshot
    guard snapshot.length > snapshot.bootOffset,
      let last = console.times.seconds(at: snapshot.length - 1)
    else { return nil }
    return max(0, Instant.now.seconds(since: origin) - last)
  }
}
