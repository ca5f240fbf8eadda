import CLua
import CLuaBridge
import Events

/// Runs the tasks of a script, one at a time, on the script's thread: each until it waits.
public final class Scheduler {
  unowned var interpreter: Interpreter!
  private let mailbox = Mailbox()
  private var tasks: [UInt64: LuaTask] = [:]
  private var ready: [LuaTask] = []
  private var timers = TimerQueue<UInt64>()
  private var nextID: UInt64 = 0
  public private(set) var current: LuaTask?
  public private(set) var main: LuaTask?
  /// Asked at each look at a wait of main's that goes on (it is given the wait, and what lets
  /// all other tasks look first); what it returns is raised there.
  public var mainFault: (any Wait, () -> Void) -> ScriptError? = { _, _ in nil }
  /// Served whenever no task can go on, and now and then between their turns.
  public var source: (any ScriptSource)?
  /// Told of each task that fails while nobody waits for it.
  public var onUnawaitedFailure: (LuaTask) -> Void = { _ in }

  // MARK: Tasks

  /// A task that runs the function and arguments on the top of the stack of `state` (moved off it).
  func start(from state: OpaquePointer, values: Int32, name: String, origin: Place?)
    throws(ScriptError) -> LuaTask
  {
    let thread = lua_newthread(state)!
    let anchor = luaL_ref(state, lua_registry_index)
    guard lua_checkstack(thread, values + 8) != 0 else {
      luaL_unref(state, lua_registry_index, anchor)
      throw .tooMany("arguments")
    }
    bridge_push_task_body(thread)
    interpreter.pushHandler(thread)
    lua_xmove(state, thread, values)
    nextID += 1
    let task = LuaTask(
      interpreter: interpreter, id: nextID, name: name, origin: origin, thread: thread,
      anchor: anchor, arguments: values + 1)
    tasks[task.id] = task
    if main == nil { main = task }
    enqueue(task)
    return task
  }

  func spawn(from call: Call, function: Int, name: String) throws(ScriptError) -> LuaTask {
    let state = call.state
    let values = lua_gettop(state) - Int32(function) + 1
    guard lua_checkstack(state, values + 4) != 0 else { throw .tooMany("arguments") }
    for index in 0..<values { lua_pushvalue(state, Int32(function) + index) }
    return try start(
      from: state, values: values, name: name, origin: interpreter.place(state))
  }

  /// Raises `error` in the task at its current or next wait.
  public func interrupt(_ task: LuaTask, with error: ScriptError) {
    guard task.outcome == nil else { return }
    if task.interrupt == nil || error.kind == .cancelled { task.interrupt = error }
    if task.wait != nil { enqueue(task) }
  }

  /// Makes the task look at its wait again soon. From any thread.
  public func waker(for task: LuaTask) -> @Sendable () -> Void {
    let (mailbox, id) = (mailbox, task.id)
    return { mailbox.post(id) }
  }

  /// Makes the main task ask whether it was interrupted. From any thread.
  var alarm: @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.post(0) }
  }

  /// Tasks that have not ended, oldest first.
  public var living: [LuaTask] { tasks.values.sorted { $0.id < $1.id } }

  /// Makes a sleeping script look at its source. From any thread.
  public var bell: @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.ring() }
  }

  private func enqueue(_ task: LuaTask) {
    guard !task.isReady else { return }
    task.isReady = true
    ready.append(task)
  }

  func suspend(_ task: LuaTask, for wait: any Wait) {
    task.wait = wait
    task.subscriptions = wait.subscribe(waker(for: task))
    if wait.deadline != .never { timers.insert(task.id, at: wait.deadline.instant) }
    // What happened between the first look and the subscription woke nobody.
    if wait.poll() { enqueue(task) } else { lookForFault(task, wait) }
  }

  // MARK: Running

  /// Runs tasks until `task` has ended or, if given, the deadline has passed.
  public func run(until task: LuaTask, deadline: Deadline = .never) {
    var rounds = 0
    while task.outcome == nil && !deadline.hasPassed {
      deliver()
      if ready.isEmpty {
        let next = timers.soonest.map { Deadline($0) } ?? .never
        mailbox.sleep(until: min(next, deadline), serving: source)
        continue
      }
      // Tasks that always have something to do must not starve it.
      rounds &+= 1
      if rounds & 63 == 0, let source, source.descriptor >= 0 { source.serve() }
      let round = ready
      ready = []
      for task in round {
        task.isReady = false
        resume(task)
      }
    }
  }

  /// What goes wrong beside a wait of main's fails that wait, unless another task waits for it.
  private func lookForFault(_ task: LuaTask, _ wait: any Wait) {
    guard task === main else { return }
    let error = mainFault(wait) {
      for other in self.tasks.values where other !== task && !other.isReady {
        if other.wait?.poll() == true { self.enqueue(other) }
      }
    }
    if let error { interrupt(task, with: error) }
  }

  /// Wakes the tasks whose letters or timers have come.
  private func deliver() {
    for id in mailbox.collect() {
      if id == 0, let main, let error = interpreter.onInterrupt() { interrupt(main, with: error) }
      look(id)
    }
    let now = Instant.now
    while let id = timers.popDue(at: now) { look(id) }
  }

  private func look(_ id: UInt64) {
    guard let task = tasks[id], !task.isReady, let wait = task.wait else { return }
    if wait.poll() || task.interrupt != nil { enqueue(task) } else { lookForFault(task, wait) }
  }

  private func resume(_ task: LuaTask) {
    guard task.outcome == nil else { return }
    let outer = current
    current = task
    defer { current = outer }
    let arguments = task.startArguments
    task.startArguments = 0
    task.subscriptions = []
    var results: Int32 = 0
    let status = bridge_resume(task.thread, interpreter.state, arguments, &results)
    if status == LUA_YIELD {
      lua_settop(task.thread, lua_gettop(task.thread) - results)
      return
    }
    end(task, status: status, results: results)
  }

  private func end(_ task: LuaTask, status: Int32, results: Int32) {
    tasks[task.id] = nil
    let top = lua_gettop(task.thread)
    if status == LUA_OK && lua_toboolean(task.thread, top - results + 1) != 0 {
      task.outcome = .returned(Int(results) - 1)
    } else {
      task.outcome = .failed(interpreter.failure(task.thread, top))
      if task !== main && !task.isObserved && !task.ended.isAwaited { onUnawaitedFailure(task) }
    }
    task.ended.set(true)
  }

  /// Pushes what a task returned onto the caller's stack.
  public func pushResults(of task: LuaTask, to call: Call) throws(ScriptError) -> Int {
    guard case .returned(let count) = task.outcome else { return 0 }
    guard lua_checkstack(task.thread, Int32(count)) != 0,
      lua_checkstack(call.state, Int32(count)) != 0
    else { throw .tooMany("results") }
    let top = lua_gettop(task.thread)
    for index in 0..<Int32(count) { lua_pushvalue(task.thread, top - Int32(count) + 1 + index) }
    lua_xmove(task.thread, call.state, Int32(count))
    return count
  }
}
