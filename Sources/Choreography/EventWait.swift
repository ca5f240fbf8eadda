import Events
import Scripting

/// The wait for events: what they say, the death of the machines concerned, and time, in this order.
final class EventWait: Wait {
  struct Item {
    var key: Value
    var event: any Waitable
  }
  enum Mode { case one, any, all }

  private let items: [Item]
  private let mode: Mode
  private let limit: TimeLimit
  let deadline: Deadline
  private var result: Outcome?
  private var outcomes: [Outcome?]

  init(_ run: Run, _ items: [Item], _ mode: Mode, timeout: Double?) {
    self.items = items
    self.mode = mode
    // A wait for time alone needs no other limit.
    let isTimed = mode != .all && items.contains { $0.event.deadline != .never }
    limit = run.limit(timeout ?? (isTimed ? .infinity : nil))
    deadline = items.map(\.event.deadline).reduce(limit.deadline, min)
    outcomes = items.map { _ in nil }
  }

  /// For one event alone. The `timeout` is in seconds, nil for the default.
  convenience init(_ run: Run, _ event: any Waitable, timeout: Double?) {
    self.init(run, [Item(key: .nil, event: event)], .one, timeout: timeout)
  }

  var purpose: String {
    let purposes = items.map(\.event.fullPurpose)
    return purposes.count < 5
      ? purposes.joined(separator: mode == .any ? " or " : " and ")
      : "\(mode == .any ? "any" : "all") of \(purposes.count) events"
  }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    var subscriptions: [Subscription] = []
    for item in items {
      for waker in item.event.wakers { subscriptions.append(waker.subscribe(wake)) }
      if let machine = item.event.machine {
        subscriptions.append(machine.machine.exited.subscribe(wake))
        subscriptions.append(machine.machine.failure.subscribe(wake))
      }
    }
    return subscriptions
  }

  func poll() -> Bool {
    if result == nil { result = look() }
    return result != nil
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    switch result {
    case .success(let push):
      do { return try push(call) } catch let error as ScriptError { throw error } catch {
        throw .usage("\(error)")
      }
    case .failure(let error): throw error
    case nil: return 0
    }
  }

  private func look() -> Outcome? {
    for (index, item) in items.enumerated() where outcomes[index] == nil {
      guard let outcome = item.event.outcome(until: limit.deadline) else { continue }
      if mode != .all { return named(item, outcome) }
      if case .failure = outcome { return outcome }
      outcomes[index] = outcome
    }
    if mode == .all && outcomes.allSatisfy({ $0 != nil }) { return collected() }
    if let error = deathOfMachines() { return .failure(error) }
    guard limit.deadline.hasPassed else { return nil }
    return .failure(timeoutError())
  }

  private func named(_ item: Item, _ outcome: Outcome) -> Outcome {
    guard mode == .any, case .success(let push) = outcome else { return outcome }
    return .success { call in call.results(item.key) + (try push(call)) }
  }

  /// A table with the first value of each event under the event's key.
  private func collected() -> Outcome {
    let outcomes = outcomes
    let items = items
    return .success { call in
      call.pushTable()
      for (item, outcome) in zip(items, outcomes) {
        guard case .success(let push) = outcome else { continue }
        let count = try push(call)
        call.keepFirst(of: count)
        call.setField(item.key)
      }
      return 1
    }
  }

  private func deathOfMachines() -> ScriptError? {
    for (index, item) in items.enumerated() where outcomes[index] == nil {
      guard let machine = item.event.machine else { continue }
      let isNamed = items.contains { $0.event.isExit && $0.event.machine === machine }
      if isNamed { continue }
      if let error = machine.deathError(during: item.event.purpose) { return error }
    }
    return nil
  }

  private func timeoutError() -> ScriptError {
    let waiting = zip(items, outcomes).filter { $0.1 == nil }.map(\.0)
    let purposes = waiting.map(\.event.fullPurpose)
    let machines = waiting.compactMap(\.event.machine)
    var error = ScriptError(
      .timeout,
      "\(limit.text) waiting for "
        + purposes.joined(separator: mode == .any ? " or " : " and "),
      machine: machines.first?.name)
    for machine in machines.uniqued().prefix(3) { error.notes += machine.evidence() }
    return error
  }
}

/// A number without a trailing ".0".
func formatted(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
}

extension [MachineObject] {
  func uniqued() -> [MachineObject] {
    var seen: Set<ObjectIdentifier> = []
    return filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
}
