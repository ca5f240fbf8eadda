import CallFrames
import Events
import Machines
import ProtoMessages
import Scripting

/// What a call is named in messages, and the errors that it may end with.
final class GRPCStatus {
  private let method: String
  private let port: UInt16
  let machine: MachineObject?
  /// Set when a machine that was to be found dead would have been.
  private let settled = Event<Bool>()
  private var isSettling = false

  init(_ client: GRPCClientObject, _ name: MethodName) {
    method = "\(name.service)/\(name.method)"
    port = client.mapping.guest
    machine = client.ports.machine
  }

  var what: String { "\(method) on port \(port)" }
  var wakers: [any Waking] { [settled] }

  /// Whether a lost connection may be the machine's end, whose news comes a moment after it and
  /// says more. True for that moment.
  func mayBeDeath() -> Bool {
    guard let machine else { return false }
    // It is known: the wait looks at it next.
    if machine.machine.exited.value != nil || machine.machine.failure.value != nil { return true }
    if !isSettling {
      isSettling = true
      let (settled, qemu) = (settled, machine.machine)
      // One that ends by itself lets go of its connections before it begins to.
      Supervisor.post { Timer(at: .after(qemu.isEnding ? 5 : 0.05)) { settled.set(true) } }
    }
    return settled.value == nil
  }

  /// A status other than OK. That the time was over is a timeout, whoever noticed it first.
  func error(_ end: CallEnd, _ limit: TimeLimit?) -> ScriptError {
    if end.code == 4, let limit { return timeout(limit) }
    // The transport's words for a message that is longer than was allowed.
    let isTooLong = end.message.contains("maximum payload size")
    let hint = isTooLong ? "; ports:grpc takes max_message = \"64M\"" : ""
    var error = error("\(end.status): \(end.message)\(hint)")
    if end.code == 4 { error.kind = .timeout }
    error.fields["code"] = .integer(Int64(end.code))
    error.fields["status"] = .text(end.status)
    error.fields["detail"] = .text(end.message)
    error.fields["trailers"] = .named(end.trailers.joined)
    return error
  }

  func error(_ message: String) -> ScriptError {
    ScriptError(.connection, "\(what): \(message)", machine: machine?.name)
  }

  func timeout(_ limit: TimeLimit) -> ScriptError {
    let place = machine.map { " of machine '\($0.name)'" } ?? ""
    var error = ScriptError(
      .timeout, "\(limit.text) waiting for \(what)\(place)",
      machine: machine?.name)
    error.fields["code"] = .integer(4)
    error.fields["status"] = .text("DEADLINE_EXCEEDED")
    error.notes = machine?.evidence() ?? []
    return error
  }

  func decoded(_ bytes: [UInt8], _ type: MessageType) throws(ScriptError) -> Value {
    do throws(WireError) { return try MessageDecoder.decode(bytes, as: type) } catch {
      throw self.error("its answer cannot be read: \(error.message)")
    }
  }
}
