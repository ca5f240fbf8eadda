import CLua
import Events

/// A block whose time is limited: `within(seconds, f)`. Its waits end when the time is over, by an
/// error that passes every `pcall` up to the `within`.
final class TimeScope {
  let id: UInt64
  /// What sets the limit, as a message calls it.
  let what: String
  let seconds: Double
  let deadline: Deadline
  /// Where the script called `within`.
  let place: Place?
  /// The unwinding in which it began: a block of a handler's. Other unwindings pass it by.
  let unwinding: UInt32
  /// The unwinding that its own end has interrupted.
  var outer: Unwinding?
  /// The Lua thread that it runs on. Never used but when the registry still has it (`weakly`).
  let thread: OpaquePointer
  weak var task: LuaTask?

  init(
    _ id: UInt64, _ what: String, _ seconds: Double, place: Place?, on thread: OpaquePointer,
    of task: LuaTask
  ) {
    self.id = id
    self.what = what
    self.seconds = seconds
    deadline = .after(seconds)
    self.place = place
    self.thread = thread
    self.task = task
    unwinding = task.unwinding?.number ?? 0
  }

  /// What ends a wait in the block.
  func error(during wait: any Wait) -> ScriptError {
    let origin = place.map { " (\($0))" } ?? ""
    var text = String(seconds)
    if text.hasSuffix(".0") { text.removeLast(2) }
    var error = ScriptError(
      .timeout, "timed out after \(text) s of \(what)\(origin), waiting for \(wait.purpose)")
    error.endsBlock = true
    wait.explain(&error)
    return error
  }
}

/// A task is being unwound by an error that nothing may catch. Meanwhile its `<close>` handlers run,
/// undisturbed by further ones.
struct Unwinding {
  var number: UInt32
  var error: ScriptError
  /// The block that it ends; nil: the task.
  var scope: TimeScope?
  /// What a handler raised instead, if that was in the way of going on.
  var failure: Failure?
}

/// `within`, as stdlib/internal/prelude.lua puts it together: `enter`, the block, `leave`.
extension Scheduler {
  /// `enter(seconds, what)`: a block begins; gives its number.
  public func enterScope(_ call: Call, _ seconds: Double, of what: String) throws(ScriptError)
    -> Int
  {
    guard let task = current else {
      throw .usage("there is no task here whose time could be limited")
    }
    nextScope += 1
    let scope = TimeScope(
      nextScope, what, seconds, place: call.place, on: call.state, of: task)
    if call.state != task.thread { remember(call.state, as: scope.id) }
    task.scopes.append(scope)
    return call.results(.integer(Int64(scope.id)))
  }

  /// `leave(number, ok, results… or error)`: the block has ended. Returns the results, raises the
  /// error, or says that the time was over.
  public func leaveScope(_ call: Call) throws(ScriptError) -> Int {
    guard let task = current else { return 0 }
    let id = call.number(1).flatMap { UInt64(exactly: $0) }
    if let index = task.scopes.lastIndex(where: { $0.id == id }) {
      task.scopes.remove(at: index)
    } else {
      // A coroutine ends in this task what it began in another.
      for other in living { other.scopes.removeAll { $0.id == id } }
    }
    guard let ended = task.unwinding, let scope = ended.scope, scope.id == id else {
      if call.boolean(2) { return call.arguments(from: 3) }
      return call.raise(3)
    }
    task.unwind(scope.outer)
    var error = ended.error
    error.endsBlock = false
    let failure =
      ended.failure ?? (call.object(3) is RaisedError ? nil : interpreter.failure(call.state, 3))
    if let failure { error.notes.append("while the block was ended: \(failure.text)") }
    task.keepsTrace = true
    throw error
  }

  /// The block that ends first of those that a wait on the running thread is in.
  func earliestScope(of task: LuaTask) -> TimeScope? {
    var earliest: TimeScope?
    let unwinding = task.unwinding?.number ?? 0
    var dead: [UInt64] = []
    for scope in task.scopes where scope.unwinding == unwinding {
      switch isRunning(scope, in: task) {
      case true?:
        if earliest.map({ scope.deadline < $0.deadline }) ?? true { earliest = scope }
      case false?: break
      case nil: dead.append(scope.id)
      }
    }
    if !dead.isEmpty { task.scopes.removeAll { dead.contains($0.id) } }
    return earliest
  }

  /// Whether the running code is called from within the scope, rather than from where its coroutine
  /// is suspended; nil if the coroutine is gone.
  private func isRunning(_ scope: TimeScope, in task: LuaTask) -> Bool? {
    if scope.thread == task.thread { return true }
    guard let thread = recall(scope.id) else { return nil }
    return lua_status(thread) == LUA_OK
  }

  // MARK: Weak references to Lua threads, by the number of a scope

  private func remember(_ thread: OpaquePointer, as id: UInt64) {
    let state = interpreter.scratch
    lua_checkstack(state, 4)
    lua_checkstack(thread, 2)
    pushThreads(on: state)
    lua_pushthread(thread)
    lua_xmove(thread, state, 1)
    lua_rawseti(state, -2, lua_Integer(id))
    lua_pop_values(state, 1)
  }

  private func recall(_ id: UInt64) -> OpaquePointer? {
    let state = interpreter.scratch
    lua_checkstack(state, 4)
    pushThreads(on: state)
    lua_rawgeti(state, -1, lua_Integer(id))
    defer { lua_pop_values(state, 2) }
    return lua_tothread(state, -1)
  }

  private func pushThreads(on state: OpaquePointer) {
    if let scopeThreads {
      lua_rawgeti(state, lua_registry_index, lua_Integer(scopeThreads))
      return
    }
    lua_new_table(state)
    lua_new_table(state)
    lua_pushstring(state, "v")
    lua_setfield(state, -2, "__mode")
    lua_setmetatable(state, -2)
    lua_pushvalue(state, -1)
    scopeThreads = luaL_ref(state, lua_registry_index)
  }
}
