import Events
import Processes

/// A cable: two ends, each for a machine or for the script. It carries frames (Ethernet) or bytes
/// (serial), which shows when its first end is given away.
public struct Cable: Sendable {
  public enum Kind: String, Sendable { case frames, bytes }

  public let name: String
  public let left: CableEnd
  public let right: CableEnd

  @Supervisor public init(name: String) {
    self.name = name
    let core = CableCore()
    let (first, second) = (CableSide(label: "\(name).left"), CableSide(label: "\(name).right"))
    core.sides = [first, second]
    left = CableEnd(core, first, peer: second)
    right = CableEnd(core, second, peer: first)
  }
}

/// What both ends share.
@Supervisor final class CableCore {
  var sides: [CableSide] = []
  private(set) var kind: Cable.Kind?
  private(set) var isPlugged = true

  /// Settles what the cable carries, and makes its sockets. They live as long as the cable: when a
  /// machine dies, the host's duplicate keeps the other one's socket connected.
  func settle(_ wanted: Cable.Kind, _ label: String) throws(MachineError) {
    if let kind {
      guard kind == wanted else {
        throw MachineError(
          .usage,
          """
          '\(label)' cannot carry \(wanted.rawValue): its cable carries \(kind.rawValue) \
          already (make another with socketpair())
          """)
      }
      return
    }
    do throws(ProcessError) {
      let (first, second) = try Descriptor.pair(wanted == .frames ? .datagram : .stream).split()
      kind = wanted
      sides[0].open(first, wanted)
      sides[1].open(second, wanted)
    } catch {
      throw MachineError(.launch, error.message)
    }
  }

  func setPlugged(_ plugged: Bool, _ label: String) async throws(MachineError) {
    guard kind == .frames else {
      let why = kind == nil ? "is in no machine yet" : "carries bytes"
      throw MachineError(.usage, "only a network cable can be pulled: '\(label)' \(why)")
    }
    isPlugged = plugged
    for side in sides {
      side.isPlugged = plugged
      // Carrier is each machine's own: set_link on one leaves the other's up.
      try await side.setCarrier?(plugged)
    }
  }
}
