import Events
import Scripting
import Synchronization

/// The wait for events: what they say, the death of the machines concerned, and time, in this order.
final class EventWait: Wait {
  struct Item {
    var key: Value
    var event: any Waitable
  }
  enum Mode { case one, any, all, never }

  private let items: [Item]
  private let mode: Mode
  private let limit: TimeLimit
  /// The script, and not a default, says how long it may last.
  private let isTimed: Bool
  /// When events' own times come, the soonest last; those before the last look are gone.
  private var times: [Deadline]
  private var result: Outcome?
  private var outcomes: [Outcome?]
  private let starts = LateStarts()
  /// How many have no outcome yet.
  private var missing: Int
  /// Of many events only those are asked that may have something new.
  private let news: News?

  init(_ run: Run, _ items: [Item], _ mode: Mode, timeout: Double?) {
    self.items = items
    self.mode = mode
    // A wait for time alone needs no other limit.
    let hasTimer = mode != .all && items.contains { $0.event.deadline != .never }
    limit = run.limit(timeout ?? (hasTimer ? .infinity : nil))
    isTimed = (timeout ?? .infinity) < .infinity || run.isCapped
    times = items.map(\.event.deadline).filter { $0 != .never }.sorted(by: >)
    outcomes = items.map { _ in nil }
    missing = items.count
    news = items.count > 32 ? News(items) : nil
  }

  /// For one event alone. The `timeout` is in seconds, nil for the default.
  convenience init(_ run: Run, _ event: any Waitable, timeout: Double?) {
    self.init(run, [Item(key: .nil, event: event)], .one, timeout: timeout)
  }

  var deadline: Deadline { min(times.last ?? .never, limit.deadline) }

  var purpose: String { Self.purpose(of: waiting, mode) }
  var machineName: String? { items.lazy.compactMap { $0.event.mortal?.machineName }.first }

  /// What has not come yet.
  private var waiting: [Item] { zip(items, outcomes).filter { $0.1 == nil }.map(\.0) }

  private static func purpose(of items: [Item], _ mode: Mode) -> String {
    let purposes = items.prefix(5).map(\.event.fullPurpose)
    if items.count < 5 { return purposes.joined(separator: mode == .all ? " and " : " or ") }
    return "\(mode == .all ? "all" : "any") of \(items.count) events, such as \(purposes[0])"
  }

  /// The others may come from outside, or from time.
  var isForTasks: Bool {
    !isTimed && zip(items, outcomes).allSatisfy { $0.1 != nil || $0.0.event.isForTasks }
  }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    news?.lookAtAll()
    var subscriptions: [Subscription] = []
    for (index, item) in items.enumerated() where outcomes[index] == nil {
      subscriptions += starts.subscribe(item.event, news?.waker(index, wake) ?? wake)
    }
    return subscriptions
  }

  func poll() -> Bool {
    starts.follow()
    guard result == nil else { return true }
    let now = times.isEmpty ? .never : Deadline(Instant.now)
    result = look()
    while let time = times.last, time <= now { times.removeLast() }
    return result != nil
  }

  func abandon() {
    for item in items { item.event.forgo() }
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    switch result {
    case .success(let push):
      do { return try push(call) } catch let error as ScriptError { throw error } catch {
        throw .usage("\(error)")
      }
    case .failure(let error):
      abandon()
      throw error
    case nil: return 0
    }
  }

  private func look() -> Outcome? {
    if let news {
      for index in news.take() { if let outcome = look(at: index) { return outcome } }
    } else {
      for index in items.indices { if let outcome = look(at: index) { return outcome } }
    }
    if missing == 0 { return collected() }
    if hasDeath {
      // What it said last came before its end, though perhaps after the look above.
      for index in items.indices { if let outcome = look(at: index) { return outcome } }
      if missing == 0 { return collected() }
      if let error = deathOfMortals() { return .failure(error) }
    }
    guard limit.deadline.hasPassed else { return nil }
    return mode == .never && !limit.isCapped ? .success { _ in 0 } : .failure(timeoutError())
  }

  /// What one event ends the whole wait with, if it does.
  private func look(at index: Int) -> Outcome? {
    guard outcomes[index] == nil, let outcome = items[index].event.outcome(until: limit.deadline)
    else { return nil }
    if mode != .all { return named(items[index], outcome) }
    if case .failure = outcome { return outcome }
    outcomes[index] = outcome
    missing -= 1
    return nil
  }

  private func named(_ item: Item, _ outcome: Outcome) -> Outcome {
    guard case .success(let push) = outcome else { return outcome }
    switch mode {
    case .any: return .success { call in call.results(item.key) + (try push(call)) }
    case .never:
      return .success { [limit] call in throw try Self.unwanted(item, push, call, limit) }
    case .one, .all: return outcome
    }
  }

  /// What should not have come in this time.
  private static func unwanted(
    _ item: Item, _ push: (Call) throws -> Int, _ call: Call, _ limit: TimeLimit
  ) throws -> ScriptError {
    let count = try push(call)
    let values = try (0..<count).map { try call.value(call.count - count + 1 + $0).shown }
    let name = item.key.text.map { "'\($0)', " } ?? ""
    let gift = values.isEmpty ? "" : ", with " + values.joined(separator: ", ")
    let mortal = item.event.mortal
    var error = ScriptError(
      .assertion,
      "\(name)\(item.event.fullPurpose), came\(gift); it should not within"
        + " \(formatted(limit.seconds)) s", machine: mortal?.machineName)
    error.notes = mortal?.evidence() ?? []
    return error
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

  private var hasDeath: Bool {
    func isDead(_ index: Int) -> Bool {
      outcomes[index] == nil && items[index].event.mortal?.hasEnded == true
    }
    return news?.concerned.contains(where: isDead) ?? items.indices.contains(where: isDead)
  }

  private func deathOfMortals() -> ScriptError? {
    for index in items.indices { if let error = deathOfMortal(of: index) { return error } }
    return nil
  }

  private func deathOfMortal(of index: Int) -> ScriptError? {
    guard outcomes[index] == nil, let mortal = items[index].event.mortal else { return nil }
    if items.contains(where: { $0.event.isExit && $0.event.mortal === mortal }) { return nil }
    return mortal.deathError(during: items[index].event.purpose)
  }

  private func timeoutError() -> ScriptError {
    var error = ScriptError(.timeout, "\(limit.text) waiting for ")
    let waiting = waiting
    error.message += Self.purpose(of: waiting, mode)
    for mortal in waiting.compactMap(\.event.mortal).uniqued() {
      guard let reason = mortal.pendingReason else { continue }
      error.message += "; \(mortal.shown) is not started yet: it waits for \(reason)"
    }
    explain(&error)
    return error
  }

  func explain(_ error: inout ScriptError) {
    let mortals = waiting.compactMap(\.event.mortal).uniqued()
    error.machine = mortals.first?.machineName
    for mortal in mortals.prefix(3) { error.notes += mortal.evidence() }
  }
}

/// Which of many events may have something new. Used on the script's thread but for its wakers.
private final class News {
  private final class Letters: Sendable {
    let indices = Mutex<[Int]>([])
  }
  private let letters = Letters()
  private let all: [Int]
  private let inexact: [Int]
  /// Those of machines and processes.
  let concerned: [Int]
  private var wantsAll = true

  init(_ items: [EventWait.Item]) {
    all = Array(items.indices)
    inexact = items.indices.filter { !items[$0].event.isExact }
    concerned = items.indices.filter { items[$0].event.mortal != nil }
  }

  func lookAtAll() { wantsAll = true }

  func waker(_ index: Int, _ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let letters = letters
    return {
      letters.indices.withLock { $0.append(index) }
      wake()
    }
  }

  /// Positions to look at, in order.
  func take() -> [Int] {
    let new = letters.indices.withLock { indices in
      defer { indices = [] }
      return indices
    }
    if wantsAll {
      wantsAll = false
      return all
    }
    return inexact.isEmpty ? new.sorted() : (inexact + new).sorted()
  }
}

/// A number without a trailing ".0".
func formatted(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
}

extension [any Mortal] {
  func uniqued() -> [any Mortal] {
    var seen: Set<ObjectIdentifier> = []
    return filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
}
