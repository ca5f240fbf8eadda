import Events
import Glibc
import Machines
import Processes
import Scripting

/// What machines and processes have of their run.
extension Run {
  /// The time-out of waits that have none of their own: 60 s, or 300 s when a machine runs without
  /// KVM, times `--timeout-scale`.
  var defaultTimeout: Double { (isUnderTCG ? 300 : 60) * options.timeoutScale }

  /// When a wait of the present task with this time-out gives up: `wait.eventually` may set it an
  /// earlier limit.
  func deadline(_ timeout: Double) -> Deadline { limit(timeout).deadline }

  /// The same with what to say then; nil is the default time-out.
  func limit(_ timeout: Double?) -> TimeLimit {
    if let begunLimit, begunLimit.seconds == timeout { return begunLimit }
    return TimeLimit(
      timeout ?? defaultTimeout, cap: interpreter.scheduler.current.flatMap { caps[$0.id] })
  }

  /// Whether `wait.eventually` limits the waits of the running task.
  var isCapped: Bool {
    !caps.isEmpty && interpreter.scheduler.current.map { caps[$0.id] != nil } ?? false
  }

  func host(_ choice: HostCapabilities.Choice) throws(ScriptError) -> HostCapabilities {
    let choice = choice == .auto ? options.accelerator : choice
    if let known = capabilities[choice] { return known }
    do throws(MachineError) {
      let found = try HostCapabilities.find(choice)
      capabilities[choice] = found
      return found
    } catch {
      throw ScriptError(error)
    }
  }

  /// A word that nothing else says, another at each call; it follows from the seed.
  func token() -> String {
    tokenCount += 1
    // The finaliser of SplitMix64.
    var word = seed &+ tokenCount &* 0x9e37_79b9_7f4a_7c15
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    let digits = String((word ^ (word >> 31)) >> 24, radix: 16)
    return String(repeating: "0", count: 10 - digits.count) + digits
  }

  /// `wanted`, with a number behind it if there is one of that name already.
  func uniqueName(_ wanted: String) -> String {
    var name = wanted
    while nameCounts[name] != nil {
      nameCounts[wanted, default: 1] += 1
      name = "\(wanted)-\(nameCounts[wanted]!)"
    }
    nameCounts[name] = 1
    return name
  }

  /// A directory that ends with the run, for state that may be large. The first call also removes
  /// what killed runs have left.
  func volatileDirectory() throws(ScriptError) -> VolatileDirectory {
    Ending.shared.noteWork()
    if !hasRemovedStale {
      hasRemovedStale = true
      VolatileDirectory.removeStale()
    }
    do throws(ProcessError) {
      return try Supervisor.sync { () throws(ProcessError) in try VolatileDirectory.ofRun(.disk) }
    } catch {
      throw ScriptError(
        .missing,
        "there is no place for this run's temporary files: \(error.message); TMPDIR can name another"
      )
    }
  }

  /// A path for a file that ends with the run. One that is only rehearsed gets none, but a name.
  func freshPath(_ hint: String) throws(ScriptError) -> String {
    if let inventory { return inventory.freshPath(hint) }
    let directory = try volatileDirectory()
    return Supervisor.sync { directory.freshPath(hint) }
  }

  func add(_ machine: MachineObject) {
    machines.append(machine)
    if machine.machine.host.accelerator == .tcg { isUnderTCG = true }
    var ends: [any Waking] = [machine.machine.exited, machine.machine.failure]
    if machine.hasForbiddenPatterns { ends.append(machine.machine.console.changed) }
    for end in ends {
      subscriptions.append(end.subscribe { [deaths] in deaths.set((deaths.value ?? 0) + 1) })
    }
  }

  func add(_ process: ProcessObject) {
    processes.removeAll { $0.isDone || $0 === process }
    processes.append(process)
  }

  /// What has been ended with a test: another may have the name.
  func forget(_ things: [any ScriptObject]) {
    for machine in things.compactMap({ $0 as? MachineObject }) {
      machines.removeAll { $0 === machine }
      record.forget(machine.name)
      let machine = machine.machine
      Supervisor.sync { Ending.shared.disown(machine) }
    }
    for process in things.compactMap({ $0 as? ProcessObject }) {
      processes.removeAll { $0 === process }
      record.forget("process-\(process.name)")
    }
  }

  /// The directory of a machine's logs.
  func directory(of machine: String) -> String {
    (try? record.directory(for: machine)) ?? "(none)"
  }
}
