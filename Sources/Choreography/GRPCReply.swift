import CallFrames
import Events
import Machines
import ProtoMessages
import RemoteCalls
import Scripting

/// The answer to `client:call(…)`: the method is looked up, then called. What is dropped before it
/// has come is cancelled.
final class GRPCReply: Waitable {
  private let client: GRPCClientObject
  private let lookup: MethodLookup
  private let request: Value
  private let options: CallOptions
  private let limit: TimeLimit
  private let status: GRPCStatus
  var deadline: Deadline { limit.deadline }
  private var call: (remote: RemoteCall, method: ServiceMethod)?
  /// Who waits subscribes before there may be a call.
  private let news = Event<Bool>()
  private var subscription: Subscription?
  private var message: [UInt8]?

  init(
    _ client: GRPCClientObject, _ lookup: MethodLookup, _ request: Value, _ options: CallOptions
  ) {
    Ending.shared.noteWork()
    self.client = client
    self.lookup = lookup
    self.request = request
    self.options = options
    limit = client.run.limit(options.timeout)
    status = GRPCStatus(client, lookup.name)
    lookup.begin(until: limit.deadline)
  }

  var purpose: String { status.what }
  var machine: MachineObject? { status.machine }
  var wakers: [any Waking] { lookup.wakers + status.wakers + [news] }

  func outcome() -> Outcome? {
    do throws(ScriptError) { return try look() } catch { return .failure(error) }
  }

  private func look() throws(ScriptError) -> Outcome? {
    guard let (remote, method) = try begun() else { return nil }
    if message == nil { message = remote.takeMessage() }
    if let failure = remote.failure {
      if status.mayBeDeath() { return nil }
      throw ScriptError(failure)
    }
    if let end = remote.end {
      guard end.code == 0 else {
        if end.code == 14, status.mayBeDeath() { return nil }
        throw status.error(end, limit)
      }
      guard let message else { throw status.error("the server's answer has no message") }
      let reply = try status.decoded(message, method.reply)
      let (metadata, trailers) = (remote.metadata ?? CallMetadata(), end.trailers)
      return .success { call in
        let info = Table(fields: [("metadata", metadata.value), ("trailers", trailers.value)])
        return call.results(reply, .table(info))
      }
    }
    if deadline.hasPassed { throw status.timeout(limit) }
    return nil
  }

  /// The call, once the method is known.
  private func begun() throws(ScriptError) -> (remote: RemoteCall, method: ServiceMethod)? {
    if let call { return call }
    guard let method = try lookup.method(status) else {
      if deadline.hasPassed { throw status.timeout(limit) }
      return nil
    }
    if method.takesStream || method.givesStream {
      throw .usage("\(method.path) is a stream: use client:stream(\"\(method.path)\", …)")
    }
    let name = try MethodName(method.path)
    var request = client.request(name.service, name.method, options, deadline)
    let value: Value = if case .nil = self.request { .table(Table()) } else { self.request }
    request.message = try MessageEncoder.encode(value, as: method.request)
    request.isSingleReply = true
    let remote = RemoteCall(request)
    subscription = remote.changed.subscribe { [news] in news.set(true) }
    call = (remote, method)
    return call
  }
}
