import Events
import Scripting

/// Where a script that is only rehearsed would do something outside of this program: it stops there.
final class RehearsedWait: Wait {
  let purpose: String
  var deadline: Deadline { .never }

  init(_ purpose: String) { self.purpose = purpose }

  func poll() -> Bool { false }
  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] { [] }
  func finish(_ call: Call) throws(ScriptError) -> Int { 0 }
}
