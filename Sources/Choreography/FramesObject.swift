import Events
import Networks
import Scripting

/// `lan:frames {}`: the frames of a network as they come. As an event: a frame to read.
final class FramesObject: ScriptObject, Waitable {
  static let typeName = "frames"

  let network: NetworkObject
  fileprivate let tap: FrameTap
  private let timeout: Double?

  private init(_ network: NetworkObject, _ tap: FrameTap, timeout: Double?) {
    self.network = network
    self.tap = tap
    self.timeout = timeout
    network.network.ethernet.add(tap)
  }

  deinit { network.network.ethernet.remove(tap) }

  static func make(_ call: Call, _ network: NetworkObject) throws(ScriptError) -> Int {
    let fields = try Fields(call, 2, of: "frames", known: ["from", "to", "match", "timeout"])
    func ports(_ name: String) throws(ScriptError) -> Set<Int>? {
      guard fields.isGiven(name) else { return nil }
      return try network.members(fields.table[name], "frames: field '\(name)'").numbers
    }
    let tap = FrameTap(
      from: try ports("from"), to: try ports("to"), matches: try FrameMatch.list(fields))
    let timeout = try fields.seconds("timeout")
    return call.results(.object(FramesObject(network, tap, timeout: timeout)))
  }

  var purpose: String { "a frame on \(network.shown)" }
  var wakers: [any Waking] { [tap.readable] }

  func outcome() -> Outcome? {
    let count = tap.count
    guard count > 0 || tap.isClosed else { return nil }
    return .success { call in call.results(.integer(Int64(count))) }
  }

  func field(_ key: Value) -> Value? {
    key.text == "lost" ? .integer(Int64(truncatingIfNeeded: tap.lost)) : nil
  }

  func close(_ call: Call) throws(ScriptError) -> Int {
    network.network.ethernet.remove(tap)
    tap.close()
    return 0
  }

  static var methods: [String: NativeFunction] {
    [
      "read": { call throws(ScriptError) in
        let frames = call.object(1) as! FramesObject
        let fields = try Fields(call, 2, of: "read", known: ["timeout"])
        return try call.wait(FrameWait(frames, timeout: try fields.seconds("timeout")))
      },
      "close": { call throws(ScriptError) in try (call.object(1) as! FramesObject).close(call) },
    ]
  }

  static var metamethods: [String: NativeFunction] {
    [
      "__call": { call throws(ScriptError) in
        guard let frames = call.object(1) as? FramesObject else { return 0 }
        return try call.wait(FrameWait(frames, timeout: frames.timeout))
      }
    ]
  }
}

/// Reads the next frame; nil at the end.
private final class FrameWait: Wait {
  private let frames: FramesObject
  private let limit: TimeLimit
  private var seen: FrameTap.Seen?
  private var isAtEnd = false
  var deadline: Deadline { limit.deadline }

  init(_ frames: FramesObject, timeout: Double?) {
    self.frames = frames
    limit = frames.network.run.limit(timeout)
  }

  var purpose: String { frames.purpose }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [frames.tap.readable.subscribe(wake)]
  }

  func poll() -> Bool {
    if seen == nil {
      // In this order: what came before the end is read before it.
      let isClosed = frames.tap.isClosed
      seen = frames.tap.read()
      isAtEnd = seen == nil && isClosed
    }
    return seen != nil || isAtEnd || deadline.hasPassed
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    if isAtEnd { return call.results(.nil) }
    guard let seen else { throw ScriptError(.timeout, "\(limit.text) waiting for \(purpose)") }
    return call.results(.table(Table(seen, frames.network)))
  }
}

extension Table {
  fileprivate init(_ seen: FrameTap.Seen, _ network: NetworkObject) {
    func address(_ start: Int) -> Value {
      let octets = seen.bytes[start..<start + 6].map { octet in
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
      }
      return .string(octets.joined(separator: ":"))
    }
    let names = network.network.ports
    let started = network.run.started
    self.init(fields: [
      ("bytes", .string(seen.bytes)), ("destination", address(0)),
      ("from", .string(names[seen.from])), ("source", address(6)),
      ("time", .number(Instant(nanoseconds: Int64(seen.time)).seconds(since: started))),
      ("to", seen.to < 0 ? .nil : .string(names[seen.to])),
      ("type", .integer(Int64(seen.bytes[12]) << 8 | Int64(seen.bytes[13]))),
    ])
  }
}
