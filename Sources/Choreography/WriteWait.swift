import Events
import Machines
import Scripting

/// Writes to a stream: over when no more than some hundred KiB of it wait to be taken.
final class WriteWait: Wait {
  private let source: StreamSource
  private let bytes: [UInt8]
  private let limit: TimeLimit
  var deadline: Deadline { limit.deadline }
  private var isQueued = false
  private var isDone = false
  private var error: MachineError?

  init(_ source: StreamSource, _ bytes: [UInt8], timeout: Double?) {
    self.source = source
    self.bytes = bytes
    limit = source.run.limit(timeout)
  }

  /// `write(bytes, { timeout })`.
  static func write(_ call: Call, _ source: StreamSource) throws(ScriptError) -> Int {
    guard let bytes = call.bytes(2) else {
      throw .usage("write wants a string, got \(call.typeName(2))")
    }
    let options = try Fields(call, 3, of: "write", known: ["timeout"])
    return try call.wait(WriteWait(source, bytes, timeout: try options.seconds("timeout")))
  }

  var purpose: String { "\(source.shown) to take \(bytes.count) bytes" }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [source.outbox.changed.subscribe(wake)]
  }

  func poll() -> Bool {
    if isDone || error != nil { return true }
    do throws(MachineError) {
      // What others wrote before goes first, and more than that is not kept.
      if !isQueued { isQueued = try source.write(bytes) }
      if isQueued { isDone = try source.outbox.isLow() }
    } catch {
      self.error = error
    }
    return isDone || error != nil || deadline.hasPassed
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    if let error { throw ScriptError(error) }
    if isDone { return 0 }
    let rest = isQueued ? "\(source.outbox.waiting) bytes still wait" : "nothing of it was sent"
    throw ScriptError(
      .timeout,
      "\(limit.text) waiting for \(purpose): the other side does not read"
        + ", \(rest)")
  }
}
