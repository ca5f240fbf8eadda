import Events
import Scripting

/// `channel {}`: a queue of values between tasks, bounded so that whoever is faster waits.
final class ChannelObject: ScriptObject {
  static let typeName = "channel"
  static let defaultCapacity = 1024

  unowned let run: Run
  let name: String
  private let capacity: Int
  /// Those before `start` were taken.
  private var values: [LuaReference?] = []
  private var start = 0
  private var isClosed = false
  let takers = WaitingLine()
  let putters = WaitingLine()

  private var count: Int { values.count - start }

  private init(_ run: Run, _ name: String, capacity: Int) {
    self.run = run
    self.name = name
    self.capacity = capacity
    takers.hasMore = { [unowned self] in count > 0 || isClosed }
    putters.hasMore = { [unowned self] in count < self.capacity || isClosed }
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(call, 1, of: "channel", known: ["capacity", "name"])
    let capacity = try fields.integer("capacity", in: 1...1_000_000) ?? Int64(defaultCapacity)
    let place = call.place.map { "the channel of \($0)" } ?? "the channel"
    let name = try fields.string("name").map { "channel '\($0)'" } ?? place
    return call.results(.object(ChannelObject(run, name, capacity: Int(capacity))))
  }

  var shown: String { name }

  // MARK: Methods

  static var methods: [String: NativeFunction] {
    [
      "put": { call throws(ScriptError) in
        let channel = of(call)
        guard !call.isAbsent(2) else {
          throw .usage("put wants a value; nil stands for the end: close the channel")
        }
        let timeout = try timeout(call, 3, "put")
        let putting = Putting(channel, LuaReference(call, 2))
        return try call.wait(EventWait(channel.run, putting, timeout: timeout))
      },
      "take": { call throws(ScriptError) in
        let channel = of(call)
        let timeout = try timeout(call, 2, "take")
        return try call.wait(EventWait(channel.run, ReceiveEvent(channel), timeout: timeout))
      },
      "receive": { call throws(ScriptError) in call.results(.object(ReceiveEvent(of(call)))) },
      "values": { call throws(ScriptError) in
        let timeout = try timeout(call, 2, "values")
        return call.results(.object(ChannelReader(of(call), timeout: timeout)))
      },
      "close": { call throws(ScriptError) in try of(call).close(call) },
    ]
  }

  static var metamethods: [String: NativeFunction] {
    ["__len": { call in call.results(.integer(Int64(of(call).count))) }]
  }

  private static func of(_ call: Call) -> ChannelObject { call.object(1) as! ChannelObject }

  private static func timeout(_ call: Call, _ index: Int, _ what: String) throws(ScriptError)
    -> Double?
  {
    try Fields(call, index, of: what, known: ["timeout"]).seconds("timeout")
  }

  /// No more values; those that are there can still be taken.
  func close(_ call: Call) throws(ScriptError) -> Int {
    isClosed = true
    takers.wakeAll()
    putters.wakeAll()
    return 0
  }

  // MARK: Values

  /// False when it is full.
  func add(_ value: LuaReference) throws(ScriptError) -> Bool {
    if isClosed { throw .usage("\(name) is closed: nothing can be put into it any more") }
    guard count < capacity else { return false }
    values.append(value)
    takers.wakeFirst()
    return true
  }

  enum Taken {
    case value(LuaReference)
    case end
  }

  /// Nil when there is none yet.
  func take() -> Taken? {
    guard count > 0 else { return isClosed ? .end : nil }
    let value = values[start]!
    values[start] = nil
    start += 1
    if start == values.count || start > 4096 && start > values.count / 2 {
      values.removeFirst(start)
      start = 0
    }
    putters.wakeFirst()
    return .value(value)
  }

  /// Back to where it was: whoever took it does not want it after all.
  func giveBack(_ value: LuaReference) {
    if start > 0 {
      start -= 1
      values[start] = value
    } else {
      values.insert(value, at: 0)
    }
    takers.wakeFirst()
  }
}

/// `c:receive()`: the next value, each that it gives once; nil at the end.
final class ReceiveEvent: ScriptObject, Waitable {
  static let typeName = "event"
  private let channel: ChannelObject
  private var held: LuaReference?

  init(_ channel: ChannelObject) { self.channel = channel }

  var shown: String { "event: \(purpose)" }
  var purpose: String { "a value from \(channel.name)" }
  var wakers: [any Waking] { [channel.takers] }
  var isForTasks: Bool { true }
  var isExact: Bool { true }

  func outcome() -> Outcome? {
    if held == nil {
      switch channel.take() {
      case nil: return nil
      case .end?: return .success { call in call.results(.nil) }
      case .value(let value)?: held = value
      }
    }
    return .success { [self] call in
      defer { held = nil }
      return held?.push(to: call) ?? 0
    }
  }

  func forgo() {
    if let held { channel.giveBack(held) }
    held = nil
  }
}

/// `c:put(value)`: over when there was room for it.
private final class Putting: Waitable {
  private let channel: ChannelObject
  private let value: LuaReference
  private var isDone = false

  init(_ channel: ChannelObject, _ value: LuaReference) {
    self.channel = channel
    self.value = value
  }

  var purpose: String { "room in \(channel.name)" }
  var wakers: [any Waking] { [channel.putters] }
  var isForTasks: Bool { true }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      if !isDone { isDone = try channel.add(value) }
    } catch {
      return .failure(error)
    }
    return isDone ? .success { _ in 0 } : nil
  }
}

/// `for value in c:values() do`: waits for each; ends when the channel is closed and empty.
private final class ChannelReader: ScriptObject {
  static let typeName = "values"
  private let channel: ChannelObject
  private let timeout: Double?

  init(_ channel: ChannelObject, timeout: Double?) {
    self.channel = channel
    self.timeout = timeout
  }

  static var metamethods: [String: NativeFunction] {
    [
      "__call": { call throws(ScriptError) in
        guard let reader = call.object(1) as? ChannelReader else { return 0 }
        let event = ReceiveEvent(reader.channel)
        return try call.wait(EventWait(reader.channel.run, event, timeout: reader.timeout))
      }
    ]
  }
}
