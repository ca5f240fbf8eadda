import CallFrames
import Events
import ProtoMessages
import RemoteCalls
import Scripting

/// `client:stream(…)`: messages in either direction. As an event it is the next message, nil at the
/// end.
final class GRPCStreamObject: ScriptObject, Waitable {
  static let typeName = "gRPC stream"
  static let fieldNames = ["metadata", "trailers"]

  private let run: Run
  private let remote: RemoteCall
  private let method: ServiceMethod
  private let status: GRPCStatus
  /// When the stream as a whole is out of time; nil for never.
  private let limit: TimeLimit?

  init(
    _ run: Run, _ remote: RemoteCall, _ method: ServiceMethod, _ status: GRPCStatus,
    limit: TimeLimit?
  ) {
    self.run = run
    self.remote = remote
    self.method = method
    self.status = status
    self.limit = limit
  }

  var shown: String { "gRPC stream \(status.what)" }
  var purpose: String { "a message of \(status.what)" }
  var machine: MachineObject? { status.machine }
  var deadline: Deadline { limit?.deadline ?? .never }
  var wakers: [any Waking] { status.wakers + [remote.changed] }

  func field(_ key: Value) -> Value? {
    switch key.text {
    case "metadata": remote.metadata?.value ?? .nil
    case "trailers": remote.end?.trailers.value ?? .nil
    default: nil
    }
  }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      if let bytes = remote.takeMessage() {
        let message = try status.decoded(bytes, method.reply)
        return .success { call in call.results(message) }
      }
      guard try hasEnded() else { return nil }
      return .success { call in call.results(.nil) }
    } catch {
      return .failure(error)
    }
  }

  /// Whether it has ended well; throws if it has ended badly.
  private func hasEnded() throws(ScriptError) -> Bool {
    if let failure = remote.failure {
      if status.mayBeDeath() { return false }
      throw ScriptError(failure)
    }
    if let end = remote.end {
      if end.code == 0 { return true }
      if end.code == 14, status.mayBeDeath() { return false }
      throw status.error(end, limit)
    }
    if let limit, limit.deadline.hasPassed {
      remote.cancel()
      throw status.timeout(limit)
    }
    return false
  }

  // MARK: Methods

  static var methods: [String: NativeFunction] {
    [
      "send": { call throws(ScriptError) in try of(call).send(call) },
      "read": { call throws(ScriptError) in
        let options = try Fields(call, 2, of: "read", known: ["timeout"])
        return try of(call).read(call, try options.seconds("timeout"))
      },
      "messages": { call throws(ScriptError) in
        let options = try Fields(call, 2, of: "messages", known: ["timeout"])
        let timeout = try options.seconds("timeout")
        return call.results(.object(GRPCMessageReader(of(call), timeout)))
      },
      "finish": { call in
        of(call).remote.finish()
        return 0
      },
      "close": { call throws(ScriptError) in try of(call).close(call) },
    ]
  }

  private static func of(_ call: Call) -> GRPCStreamObject { call.object(1) as! GRPCStreamObject }

  func read(_ call: Call, _ timeout: Double?) throws(ScriptError) -> Int {
    try call.wait(
      EventWait(run, self, timeout: timeout ?? run.defaultTimeout))
  }

  private func send(_ call: Call) throws(ScriptError) -> Int {
    let options = try Fields(call, 3, of: "send", known: ["timeout"])
    let timeout = try options.seconds("timeout") ?? run.defaultTimeout
    let message = try MessageEncoder.encode(try call.value(2), as: method.request)
    let sending = GRPCSending(self, message)
    return try call.wait(
      EventWait(run, sending, timeout: timeout))
  }

  /// Sends if there is room; false if there is none yet.
  func attempt(_ message: [UInt8]) throws(ScriptError) -> Bool {
    if remote.isFinished {
      throw .usage(
        method.takesStream
          ? "nothing can be sent on \(status.what) after finish()"
          : "\(method.path) takes one message, which was sent")
    }
    if try hasEnded() { throw status.error("the server has ended the call") }
    guard remote.hasRoom else { return false }
    remote.send(message)
    return true
  }

  func close(_ call: Call) throws(ScriptError) -> Int {
    remote.cancel()
    return 0
  }
}
