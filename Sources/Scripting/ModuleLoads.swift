import Events

/// Which task is loading which module: another that requires it waits, and gets the same value.
final class ModuleLoads {
  private struct Load {
    let task: LuaTask
    let over = Event<Bool>()
  }
  private var loads: [String: Load] = [:]
  /// The modules that tasks wait for, by the task's number.
  private var wanted: [UInt64: String] = [:]

  /// See `bridge_install_require`.
  func begin(_ call: Call) throws(ScriptError) -> Int {
    guard let name = call.text(1), let task = call.interpreter.scheduler.current else {
      return call.results(.boolean(false))
    }
    guard let load = loads[name] else {
      loads[name] = Load(task: task)
      return call.results(.boolean(true))
    }
    if load.task === task { return call.results(.boolean(false)) }
    var next: LuaTask? = load.task
    while let other = next {
      if other === task {
        throw .usage(
          "module '\(name)' cannot be loaded: two tasks load modules that require each other")
      }
      next = wanted[other.id].flatMap { loads[$0]?.task }
    }
    wanted[task.id] = name
    return try call.wait(LoadWait(name, load.over) { self.wanted[task.id] = nil })
  }

  func end(_ call: Call) -> Int {
    if let name = call.text(1) { loads.removeValue(forKey: name)?.over.set(true) }
    return 0
  }
}

private final class LoadWait: Wait {
  let purpose: String
  let deadline = Deadline.never
  let isForTasks = true
  private let over: Event<Bool>
  private let leave: () -> Void

  init(_ module: String, _ over: Event<Bool>, leave: @escaping () -> Void) {
    purpose = "module '\(module)', which another task loads"
    self.over = over
    self.leave = leave
  }

  func poll() -> Bool { over.value != nil }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [over.subscribe(wake)]
  }

  func finish(_ call: Call) -> Int {
    leave()
    return call.results(.nil)
  }

  func abandon() { leave() }
}
