import Events
import Machines
import Scripting
import Synchronization

/// `vm:event(name, filter)`: a QMP event, each one since the call that made this once.
final class QMPEventWait: MachineEvent {
  /// Which of the events of that name.
  enum Filter {
    case any
    /// Those whose data has all of this.
    case data(JSON)
    /// Those for whose data it returns something true.
    case function(LuaFunction)
  }

  /// More than these are not kept when nobody takes them; the oldest go.
  static let limit = 1000

  let subject: MachineObject
  private let name: String
  private let filter: Filter
  private let inbox = Inbox()
  private let subscription: Subscription

  final class Inbox: Sendable {
    let events = Mutex<[QMPEvent]>([])
    let arrived = Event<Bool>()
    /// Set, with those there are, when QEMU knows no event of that name.
    let unknown = Event<[String]>()

    func take() -> QMPEvent? { events.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
  }

  init(_ machine: MachineObject, name: String, _ filter: Filter) {
    subject = machine
    self.name = name
    self.filter = filter
    let inbox = inbox
    let qemu = machine.machine
    var wanted: JSON?
    if case .data(let data) = filter { wanted = data }
    subscription = Supervisor.sync { [wanted] in
      qemu.onEvent { event in
        guard event.name == name, wanted.map({ event.data.contains($0) }) ?? true else { return }
        inbox.events.withLock { events in
          if events.count == QMPEventWait.limit { events.removeFirst() }
          events.append(event)
        }
        inbox.arrived.set(true)
      }
    }
    // QEMU is asked only about names that are not known here: its answer has 200 KB.
    if !QMPEvent.names.contains(name) { Self.ask(qemu, name, inbox) }
  }

  private static func ask(_ qemu: Machine, _ name: String, _ inbox: Inbox) {
    Supervisor.post {
      Task { @Supervisor in
        guard let names = try? await qemu.eventNames(), !names.contains(name) else { return }
        inbox.unknown.set(names)
      }
    }
  }

  var purpose: String {
    switch filter {
    case .any: "QMP event \(name)"
    case .data(let data): "QMP event \(name) with \(data)"
    case .function: "QMP event \(name) that its function takes"
    }
  }
  var wakers: [any Waking] { [inbox.arrived, inbox.unknown] }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      while let event = inbox.take() {
        let data = Value(event.data)
        if case .function(let function) = filter, !(try function.isTrue(data)) { continue }
        return .success { call in call.results(data) }
      }
    } catch {
      return .failure(error)
    }
    guard let names = inbox.unknown.value else { return nil }
    return .failure(
      .usage("QEMU has no event '\(name)'" + Spelling.hint(name, among: names.sorted())))
  }
}

extension JSON {
  /// Whether it has all that `part` has: members of objects, and everything else as it is.
  func contains(_ part: JSON) -> Bool {
    switch (self, part) {
    case (.object, .object(let members)):
      members.allSatisfy { member in self[member.name]?.contains(member.value) ?? false }
    case (.object(let members), .array(let elements)) where elements.isEmpty: members.isEmpty
    case (.array(let mine), .array(let elements)):
      mine.count == elements.count && zip(mine, elements).allSatisfy { $0.contains($1) }
    case (.integer(let integer), .number(let number)): Double(integer) == number
    case (.number(let number), .integer(let integer)): Double(integer) == number
    default: self == part
    }
  }
}
