/// Who is told of what takes time in a script. Used on the script's thread.
public protocol TaskWitness: AnyObject {
  /// The script stands still, and `task` is one of those that wait.
  func stands(_ task: LuaTask, for wait: any Wait, at place: Place?)
  /// Such a wait is over. `isStopped`: by something else than what it waited for.
  func goesOn(_ task: LuaTask, isStopped: Bool)
  /// A task has ended.
  func ended(_ task: LuaTask)
}
