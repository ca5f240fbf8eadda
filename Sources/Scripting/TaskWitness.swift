/// Who is told of what takes time in a script. Used on the script's thread.
public protocol TaskWitness: AnyObject {
  /// The script stands still, and `task` is one of those that wait.
  func stands(_ task: LuaTask, for wait: any Wait, at place: Place?)
  /// Such a wait is over, by what it waited for, or by what is raised in its place.
  func goesOn(_ task: LuaTask, _ end: WaitEnd)
  /// A task has ended.
  func ended(_ task: LuaTask)
}

public enum WaitEnd {
  case done
  /// It raises: the time is over, a machine has ended …
  case failed(ScriptError)
  /// Something else ended it: an interrupt, a cancellation, the end of a `within`.
  case stopped
}
