import CLua
import CLuaBridge
import Events

/// Runs the tasks of a script, one at a time, on the script's thread: each until it waits.
public final class Scheduler {
  unowned var interpreter: Interpreter!
  private let mailbox = Mailbox()
  private var tasks: [UInt64: LuaTask] = [:]
  private var ready: [LuaTask] = []
  /// Those whose turn it is, from position `turn` on.
  private var turns: [LuaTask] = []
  private var turn = 0
  private var timers = TimerQueue<UInt64>()
  private var nextID: UInt64 = 0
  private var nextUnwinding: UInt32 = 0
  var nextScope: UInt64 = 0
  var scopeThreads: Int32?
  /// How many tasks wait for something that may come from outside of the script.
  private var outside = 0
  public private(set) var current: LuaTask?
  public private(set) var main: LuaTask?
  /// Asked at each look at a wait of main's that goes on (it is given the wait, and what lets
  /// all other tasks look first); what it returns is raised there.
  public var mainFault: (any Wait, () -> Bool) -> ScriptError? = { _, _ in nil }
  /// Served whenever no task can go on, and now and then between their turns.
  public var source: (any ScriptSource)?
  /// Told of what takes time.
  public weak var witness: (any TaskWitness)?
  /// Tasks that have begun to wait since the script last stood still.
  private var fresh: [LuaTask] = []
  /// Told now and then what all tasks wait for.
  public var observer: WaitObserver?
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
    if task.id == 1 { lead(task) }
    enqueue(task)
    return task
  }

  /// The task that is told of what goes wrong beside it, from now on: at first the first one. Nil for
  /// nobody.
  public func lead(_ task: LuaTask?) {
    main = task
    bridge_set_main(task?.thread)
  }

  func spawn(from call: Call, function: Int, name: String) throws(ScriptError) -> LuaTask {
    let state = call.state
    let values = lua_gettop(state) - Int32(function) + 1
    guard lua_checkstack(state, values + 4) != 0 else { throw .tooMany("arguments") }
    for index in 0..<values { lua_pushvalue(state, Int32(function) + index) }
    return try start(
      from: state, values: values, name: name, origin: interpreter.place(state))
  }

  /// Raises `error` in the task at its current or next wait; while it is being unwound only if that
  /// is urgent, else afterwards.
  public func interrupt(_ task: LuaTask, with error: ScriptError, isUrgent: Bool = false) {
    guard task.outcome == nil else { return }
    task.setInterrupt(error, isUrgent: isUrgent)
    if task.wait != nil, task.isToStop { enqueue(task) }
  }

  /// Ends the task at its current or next wait, with its `<close>` handlers, which nothing more
  /// disturbs. One that has not begun never does, if `evenUnbegun`.
  public func cancel(_ task: LuaTask, because reason: String, evenUnbegun: Bool = true) {
    guard task.outcome == nil, !task.isCancelled else { return }
    task.isCancelled = true
    let error = ScriptError(.cancelled, reason)
    guard evenUnbegun, task.startArguments > 0 else { return interrupt(task, with: error) }
    tasks[task.id] = nil
    task.outcome = .failed(Failure(text: error.text, error: error))
    task.ended.set(true)
  }

  /// An uncatchable error is raised in the running task.
  func beginUnwinding(by error: ScriptError) {
    guard let current else { return }
    nextUnwinding += 1
    if error.kind == .cancelled { current.isCancelled = true }
    current.beginUnwinding(by: error, number: nextUnwinding)
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

  /// The script's line in which a task waits.
  public func place(of task: LuaTask) -> Place? {
    task.waitingThread.flatMap { interpreter.place($0) }
  }

  private func enqueue(_ task: LuaTask) {
    guard !task.isReady else { return }
    task.isReady = true
    ready.append(task)
  }

  /// Whether the task has had many waits that were over at once, and others would like to go on.
  func isTurnOver(of task: LuaTask) -> Bool {
    guard tasks.count > 1 else { return false }
    task.quickWaits += 1
    return task.quickWaits % 64 == 0
  }

  func suspend(_ task: LuaTask, for wait: any Wait, on thread: OpaquePointer) {
    task.begin(wait, on: thread)
    task.subscriptions = wait.subscribe(waker(for: task))
    setTimer(task)
    if !task.isWaitFresh {
      task.isWaitFresh = true
      fresh.append(task)
    }
    if looksOutside(task) {
      task.looksOutside = true
      outside += 1
    }
    // What happened between the first look and the subscription woke nobody.
    if wait.poll() { enqueue(task) } else { lookForFault(task, wait) }
  }

  /// A timer of a wait that is over stays until it is due, unless there are many of them.
  private func setTimer(_ task: LuaTask) {
    task.timer = task.nextLook ?? .never
    guard task.timer != .never else { return }
    timers.insert(task.id, at: task.timer.instant)
    guard timers.count > 4096, timers.count > 4 * tasks.count else { return }
    timers = TimerQueue()
    for task in living {
      task.timer = task.nextLook ?? .never
      if task.timer != .never { timers.insert(task.id, at: task.timer.instant) }
    }
  }

  /// A wait that goes on behind the time of one of its events, as that of all of several may, has
  /// others before it.
  private func renewTimer(_ id: UInt64, at now: Deadline) {
    guard let task = tasks[id], task.wait != nil, !task.isReady, task.timer <= now else { return }
    if task.looksOutside, !looksOutside(task) {
      task.looksOutside = false
      outside -= 1
    }
    if let next = task.nextLook, next > now { setTimer(task) }
  }

  // MARK: Deadlock

  private func looksOutside(_ task: LuaTask) -> Bool {
    task.limit != nil || task.wait?.isForTasks == false
  }

  /// No task is ready and no letter has come. If all wait for what only another could bring, the main
  /// task is told so, or the oldest if that has ended.
  private func findDeadlock() -> Bool {
    let waiting = living.filter { $0.wait != nil }
    for task in waiting where looksOutside(task) {
      task.looksOutside = true
      outside += 1
    }
    guard outside == 0, let told = waiting.first(where: { $0 === main }) ?? waiting.first,
      let wait = told.wait
    else { return false }
    var error = ScriptError.usage(
      "deadlock: nothing can come any more of all that the script waits for, here \(wait.purpose)")
    for task in waiting.prefix(20) {
      let place = place(of: task).map { " at \($0)" } ?? ""
      error.notes.append("\(task.name)\(place) waits for \(task.wait!.purpose)")
    }
    error.tellsOfTasks = true
    if waiting.count > 20 { error.notes.append("… and \(waiting.count - 20) tasks more") }
    interrupt(told, with: error, isUrgent: true)
    return true
  }

  // MARK: Running

  /// Runs tasks until `task` has ended or, if given, the deadline has passed.
  public func run(until task: LuaTask, deadline: Deadline = .never) {
    run(deadline, findsDeadlocks: true) { task.outcome != nil }
  }

  /// Runs tasks beside one who may bring anything about: until `isOver`, which is asked whenever the
  /// bell has been rung. Also in the message handler of a task that fails.
  public func run(until isOver: () -> Bool) {
    run(.never, findsDeadlocks: false, until: isOver)
    bridge_set_unwinding(current?.unwinding?.number ?? 0)
  }

  private func run(_ deadline: Deadline, findsDeadlocks: Bool, until isOver: () -> Bool) {
    var rounds = 0
    while !isOver() && !deadline.hasPassed {
      deliver()
      deliverTimers()
      if ready.isEmpty && turn == turns.count {
        if findsDeadlocks && outside == 0 && findDeadlock() { continue }
        tellWaits()
        var next = min(timers.soonest.map { Deadline($0) } ?? .never, deadline)
        if let observer { next = min(next, observer.look(at: self)) }
        mailbox.sleep(until: next, serving: source)
        continue
      }
      // Tasks that always have something to do must not starve it.
      rounds &+= 1
      if rounds & 63 == 0, let source, source.descriptor >= 0 { source.serve() }
      takeTurns()
    }
  }

  /// Runs tasks until `task` has ended, or none can go on but by something that comes from outside of the
  /// script, time among it: nothing of that is waited for.
  public func runInside(until task: LuaTask) {
    while task.outcome == nil {
      deliver()
      if ready.isEmpty && (outside > 0 || !findDeadlock()) { return }
      takeTurns()
    }
  }

  /// Those that wait, oldest first: where, and for what.
  public var waiting: [(task: LuaTask, place: Place?, purpose: String)] {
    living.compactMap { task in
      task.wait.map { wait in
        (task, task.waitingThread.flatMap { interpreter.place($0) }, wait.purpose)
      }
    }
  }

  /// The script is about to stand still: what is over before that took no time.
  private func tellWaits() {
    for task in fresh {
      task.isWaitFresh = false
      guard let witness, let wait = task.wait, !task.isReady, !task.isWaitWitnessed else {
        continue
      }
      task.isWaitWitnessed = true
      witness.stands(
        task, for: wait, at: task.waitingThread.flatMap { interpreter.place($0) })
    }
    fresh.removeAll(keepingCapacity: true)
  }

  /// Nothing if it was told already, or its wait took no time.
  func tellEnd(of task: LuaTask, _ end: WaitEnd) {
    guard task.isWaitWitnessed, task.wait == nil else { return }
    task.isWaitWitnessed = false
    witness?.goesOn(task, end)
  }

  private func takeTurns() {
    if turn == turns.count {
      turns = ready
      turn = 0
      ready = []
    }
    while turn < turns.count {
      let task = turns[turn]
      turn += 1
      task.isReady = false
      resume(task)
    }
  }

  /// What goes wrong beside a wait of main's fails that wait, unless another task waits for it.
  private func lookForFault(_ task: LuaTask, _ wait: any Wait) {
    guard task === main else { return }
    var isOver = false
    let error = mainFault(wait) {
      for other in self.living where other !== task && !other.isReady {
        if other.wait?.poll() == true { self.enqueue(other) }
      }
      // What has just gone wrong may be what it waits for.
      isOver = wait.poll()
      return isOver
    }
    if isOver { enqueue(task) } else if let error { interrupt(task, with: error) }
  }

  /// Whether any task but this one is where it would catch an error.
  public func mayCatch(beside task: LuaTask) -> Bool {
    living.contains { other in
      other !== task
        && (bridge_catches(other.thread) || other.waitingThread.map(bridge_catches) == true)
    }
  }

  /// Lets each task see whether its wait is over, though nothing has woken it.
  public func lookAgain() {
    for task in living where !task.isReady && task.wait?.poll() == true { enqueue(task) }
  }

  /// Wakes the tasks whose letters have come.
  private func deliver() {
    for id in mailbox.collect() {
      if id == 0, let main, let error = interpreter.onInterrupt() {
        interrupt(main, with: error, isUrgent: true)
      }
      look(id)
    }
  }

  private func deliverTimers() {
    let now = Instant.now
    while let id = timers.popDue(at: now) {
      look(id)
      renewTimer(id, at: Deadline(now))
    }
  }

  private func look(_ id: UInt64) {
    guard let task = tasks[id], !task.isReady, let wait = task.wait else { return }
    if wait.poll() || task.isToStop { enqueue(task) } else { lookForFault(task, wait) }
  }

  private func resume(_ task: LuaTask) {
    guard task.outcome == nil else { return }
    let outer = current
    current = task
    defer { current = outer }
    let arguments = task.startArguments
    task.startArguments = 0
    task.subscriptions = []
    if task.looksOutside {
      task.looksOutside = false
      outside -= 1
    }
    bridge_set_unwinding(task.unwinding?.number ?? 0)
    var results: Int32 = 0
    let status = bridge_resume(task.thread, interpreter.state, arguments, &results)
    tellEnd(of: task, .stopped)
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
      var failure = interpreter.failure(task.thread, top)
      // What fails while a task is cancelled is not lost.
      if failure.error?.kind == .cancelled, let other = task.unwinding?.failure { failure = other }
      task.outcome = .failed(failure)
      if task !== main && !task.isObserved && !task.ended.isAwaited { onUnawaitedFailure(task) }
    }
    witness?.ended(task)
    task.ended.set(true)
  }

  /// Copies of what a task returned.
  public func results(of task: LuaTask) throws(ScriptError) -> [Value] {
    guard case .returned(let count) = task.outcome else { return [] }
    var values: [Value] = []
    for index in -Int32(count)..<0 {
      values.append(try interpreter.copy(task.thread, index, depth: 0))
    }
    return values
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
