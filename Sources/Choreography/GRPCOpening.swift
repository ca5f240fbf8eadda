import CallFrames
import Events
import ProtoMessages
import RemoteCalls
import Scripting

/// What `client:stream(…)` waits for: the method is known. It does not wait for the server.
final class GRPCOpening: Waitable {
  private let client: GRPCClientObject
  private let lookup: MethodLookup
  private let message: Value
  private let options: CallOptions
  private let limit: TimeLimit
  private let status: GRPCStatus
  var deadline: Deadline { limit.deadline }

  init(
    _ client: GRPCClientObject, _ lookup: MethodLookup, _ message: Value, _ options: CallOptions
  ) {
    Ending.shared.noteWork()
    self.client = client
    self.lookup = lookup
    self.message = message
    self.options = options
    status = GRPCStatus(client, lookup.name)
    // A stream lasts until it ends; only the look-up is a wait like others.
    limit = client.run.limit(options.timeout)
    lookup.begin(until: limit.deadline)
  }

  var purpose: String { status.what }
  var machine: MachineObject? { status.machine }
  var wakers: [any Waking] { lookup.wakers + status.wakers }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      guard let method = try lookup.method(status) else {
        return deadline.hasPassed ? .failure(status.timeout(limit)) : nil
      }
      let stream = try begin(method)
      return .success { call in call.results(.object(stream)) }
    } catch {
      return .failure(error)
    }
  }

  private func begin(_ method: ServiceMethod) throws(ScriptError) -> GRPCStreamObject {
    let name = try MethodName(method.path)
    let whole = options.timeout == nil ? nil : limit
    var request = client.request(
      name.service, name.method, options, whole?.deadline ?? .never)
    var first: [UInt8]?
    if case .nil = message {
      guard method.takesStream else {
        throw .usage(
          "\(method.path) takes one \(method.request.name): give it, as in"
            + " client:stream(\"\(method.path)\", { … })")
      }
    } else {
      first = try MessageEncoder.encode(message, as: method.request)
    }
    if !method.takesStream { request.message = first }
    let remote = RemoteCall(request)
    if method.takesStream, let first { remote.send(first) }
    return GRPCStreamObject(
      client.run, remote, method, status, limit: whole)
  }
}
