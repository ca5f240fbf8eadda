import Events
import Machines
import Scripting

/// A machine whose start waits for room on the host.
extension MachineObject {
  var isPending: Bool { request?.isWaiting ?? false }
  var pendingStart: (any Waking)? { isPending ? request?.settled : nil }

  var pendingReason: String? {
    guard let request, request.isWaiting else { return nil }
    return Supervisor.sync { HostRoom.shared.reason(request) }
  }

  /// Says, once, that it waits and what for.
  func sayWhyPending() {
    guard let reason = pendingReason else { return }
    run.options.say("vmscript: \(shown) waits for \(reason)")
  }

  /// It is not started any more: an end that was asked for.
  func giveUpStart() {
    guard let request, request.isWaiting else { return }
    let machine = machine
    Supervisor.sync {
      HostRoom.shared.cancel(request)
      machine.giveUpStart()
    }
  }

  /// What can be said to a machine that was not started.
  private static let startless: Set<String> = [
    "args", "command", "ready", "exited", "output", "port", "event", "expect", "start", "kill",
  ]

  /// The calls, each of which first waits for a start that waits for room.
  static func whenStarted(_ calls: [String: NativeFunction]) -> [String: NativeFunction] {
    var result = calls
    for name in calls.keys where !startless.contains(name) {
      result[name] = calls[name].map { whenStarted($0, optionsAt: name == "qmp" ? 4 : nil) }
    }
    return result
  }

  /// Options are the last argument, unless that may be something else.
  private static func whenStarted(
    _ method: @escaping NativeFunction, optionsAt position: Int?
  ) -> NativeFunction {
    func started(_ call: Call) throws(ScriptError) -> Int {
      let object = of(call)
      guard object.isPending else { return try method(call) }
      let timeout = try call.timeout(position ?? call.count)
      guard let wait = object.startWait(timeout, then: method) else { return try method(call) }
      return try call.wait(wait)
    }
    return started
  }

  /// What waits for a start that waits for room, and then makes the call; nil if none does. The `timeout`,
  /// in seconds, is that of both, nil for the default, which each has.
  func startWait(_ timeout: Double?, then method: @escaping NativeFunction) -> (any Wait)? {
    guard let request, request.isWaiting else { return nil }
    return StartWait(self, request, timeout, then: method)
  }
}

/// Waits for the start of a machine, and then makes the call.
private final class StartWait: Wait {
  private let object: MachineObject
  private let request: RoomRequest
  private let method: NativeFunction
  private let limit: TimeLimit
  var deadline: Deadline { limit.deadline }
  var purpose: String { "the start of \(object.shown)" }

  private let isTimed: Bool

  init(
    _ object: MachineObject, _ request: RoomRequest, _ timeout: Double?,
    then method: @escaping NativeFunction
  ) {
    self.object = object
    self.request = request
    self.method = method
    isTimed = timeout != nil
    limit = object.run.limit(timeout)
  }

  func poll() -> Bool { !request.isWaiting || deadline.hasPassed }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [request.settled.subscribe(wake)]
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    guard let reason = object.pendingReason else {
      let run = object.run
      if isTimed { run.begunLimit = limit }
      defer { run.begunLimit = nil }
      return try method(call)
    }
    throw ScriptError(
      .timeout, "\(limit.text) waiting for \(purpose), which waits for \(reason)",
      machine: object.name)
  }
}

extension Call {
  /// The time-out among the options at `index`; nil if there is none, or no number: the call itself says what
  /// is wrong with that.
  func timeout(_ index: Int) throws(ScriptError) -> Double? {
    guard case .table(let table) = try value(index) else { return nil }
    switch table["timeout"] {
    case .number(let seconds) where seconds >= 0: return seconds
    case .integer(let seconds) where seconds >= 0: return Double(seconds)
    default: return nil
    }
  }
}
