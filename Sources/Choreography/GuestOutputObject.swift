import Events
import Machines
import Scripting

/// `p.stdout`, `p.stderr`: what a program in the guest writes, to read and to wait for.
final class GuestOutputObject: StreamObject {
  static let typeName = "program's output"

  let source: StreamSource
  /// What reads for it; kept as long as this is.
  private let pump: GuestPump

  init(_ object: MachineObject, _ pump: GuestPump, _ inbox: Inbox, shown: String) {
    self.pump = pump
    source = StreamSource(
      run: object.run, shown: shown, inbox: inbox,
      outbox: Outbox(refusal: MachineError(.usage, "\(shown) can only be read")),
      write: { _ in false })
  }

  static var methods: [String: NativeFunction] { streamMethods.filter { $0.key != "write" } }

  var shown: String { source.shown }
}
