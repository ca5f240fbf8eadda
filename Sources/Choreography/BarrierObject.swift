import Events
import Scripting

/// `barrier(3)`: lets tasks go on when three have arrived; then the next round begins.
final class BarrierObject: ScriptObject {
  static let typeName = "barrier"

  private unowned let run: Run
  private let name: String
  private let size: Int
  private var arrived = 0
  /// How many rounds are over.
  private let rounds = Event<Int>(0)

  private init(_ run: Run, _ name: String, _ size: Int) {
    self.run = run
    self.name = name
    self.size = size
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard let number = call.number(1), let size = Int(exactly: number), size > 0 else {
      throw .usage(
        "barrier wants the number of tasks that meet there, got \(try call.value(1).shown)")
    }
    let name = call.place.map { "the barrier of \($0)" } ?? "the barrier"
    return call.results(.object(BarrierObject(run, name, size)))
  }

  var shown: String { name }

  static var methods: [String: NativeFunction] {
    [
      "arrive": { call throws(ScriptError) in
        let barrier = call.object(1) as! BarrierObject
        let timeout = try Fields(call, 2, of: "arrive", known: ["timeout"]).seconds("timeout")
        return try call.wait(EventWait(barrier.run, Arrival(barrier), timeout: timeout))
      }
    ]
  }

  /// One task's arrival, which counts as long as it waits.
  private final class Arrival: Waitable {
    private let barrier: BarrierObject
    private let round: Int
    private var isCounted = false

    init(_ barrier: BarrierObject) {
      self.barrier = barrier
      round = barrier.rounds.value ?? 0
    }

    var purpose: String {
      let missing = barrier.size - barrier.arrived
      return "\(missing) more task\(missing == 1 ? "" : "s") to arrive at \(barrier.name)"
    }
    var wakers: [any Waking] { [barrier.rounds] }
    var isForTasks: Bool { true }

    private var isOver: Bool { barrier.rounds.value != round }

    func outcome() -> Outcome? {
      if !isCounted {
        isCounted = true
        barrier.arrived += 1
        if barrier.arrived == barrier.size {
          barrier.arrived = 0
          barrier.rounds.set(round + 1)
        }
      }
      return isOver ? .success { [round] call in call.results(.integer(Int64(round + 1))) } : nil
    }

    func forgo() {
      if isCounted && !isOver { barrier.arrived -= 1 }
      isCounted = false
    }
  }
}
