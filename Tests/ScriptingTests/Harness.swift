import Events
import Glibc

@testable import Scripting

/// Runs a piece of Lua in an interpreter of its own; the bridge allows one at a time.
func withInterpreter<Result>(_ body: (Interpreter) throws -> Result) rethrows -> Result {
  let interpreter = Interpreter(outOfMemory: { fatalError("out of memory") })
  defer { interpreter.close() }
  return try body(interpreter)
}

extension Interpreter {
  /// Runs `source` as the main script and gives what it returned, or the failure.
  func evaluate(_ source: String, name: String = "test.lua") throws -> [Value] {
    let task = try loadText(source, name: name)
    scheduler.run(until: task)
    switch task.outcome! {
    case .failed(let failure): throw failure
    case .returned(let count):
      let call = Call(state: task.thread, interpreter: self)
      return try (0..<count).map { try call.value(call.count - count + 1 + $0) }
    }
  }
}

/// A sleep, as the simplest wait there is.
final class Sleep: Wait {
  let deadline: Deadline
  init(_ seconds: Double) { deadline = .after(seconds) }
  func poll() -> Bool { deadline.hasPassed }
  func finish(_ call: Call) -> Int { 0 }
  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] { [] }
  var purpose: String { "time to pass" }
}

extension Interpreter {
  func addSleep() {
    setGlobal("sleep") { call throws(ScriptError) in
      try call.wait(Sleep(call.number(1) ?? 0))
    }
  }
}
