import Events
import Scripting

/// `timer(5)`: true from 5 s after it was made.
final class TimerObject: ScriptObject, Waitable {
  static let typeName = "timer"
  private let seconds: Double
  let deadline: Deadline

  private init(_ seconds: Double) {
    self.seconds = seconds
    deadline = .after(seconds)
  }

  static func make(_ call: Call) throws(ScriptError) -> Int {
    guard let seconds = call.number(1), seconds >= 0, seconds < .infinity else {
      throw .usage(
        "timer wants a number of seconds that is not negative, got \(try call.value(1).shown)")
    }
    return call.results(.object(TimerObject(seconds)))
  }

  var shown: String { "timer of \(formatted(seconds)) s" }
  var purpose: String { "the timer of \(formatted(seconds)) s" }
  var wakers: [any Waking] { [] }

  func outcome() -> Outcome? { deadline.hasPassed ? .success { _ in 0 } : nil }
}
