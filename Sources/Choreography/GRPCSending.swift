import Events
import Scripting

/// Waits until a stream takes a message: what the server has not taken yet is bounded.
final class GRPCSending: Waitable {
  private let stream: GRPCStreamObject
  private let message: [UInt8]

  init(_ stream: GRPCStreamObject, _ message: [UInt8]) {
    self.stream = stream
    self.message = message
  }

  var purpose: String { "room to send on \(stream.shown)" }
  var machine: MachineObject? { stream.machine }
  var deadline: Deadline { stream.deadline }
  var wakers: [any Waking] { stream.wakers }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      return try stream.attempt(message) ? .success { _ in 0 } : nil
    } catch {
      return .failure(error)
    }
  }
}
