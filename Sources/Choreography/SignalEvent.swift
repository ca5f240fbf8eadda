import Events
import Processes
import Scripting

/// `signal "USR1"`: each such signal to vmscript since this was made, once.
final class SignalEvent: ScriptObject, Waitable {
  static let typeName = "event"
  private static let known: [String: Signal] = [
    "HUP": .hangup, "USR1": .user1, "USR2": .user2, "WINCH": .window,
  ]

  private let name: String
  private let count: Event<Int>
  private var seen: Int

  private init(_ name: String, _ count: Event<Int>) {
    self.name = name
    self.count = count
    seen = count.value ?? 0
  }

  static func make(_ call: Call) throws(ScriptError) -> Int {
    let given = try call.value(1)
    let names = known.keys.sorted()
    guard case .string = given, let name = given.text, let signal = known[name] else {
      throw .usage(
        "signal wants the name of one that a script can wait for, got \(given.shown)"
          + Spelling.hint(given.text ?? "", among: names))
    }
    let count = Supervisor.sync { Ending.shared.count(signal) }
    return call.results(.object(SignalEvent(name, count)))
  }

  var shown: String { "event: \(purpose)" }
  var purpose: String { "signal \(name)" }
  var wakers: [any Waking] { [count] }
  var isExact: Bool { true }

  func outcome() -> Outcome? {
    guard let now = count.value, now > seen else { return nil }
    seen += 1
    return .success { [name] call in call.results(.string(name)) }
  }
}
