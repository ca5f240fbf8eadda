import Events
import Machines
import Networks
import Processes

/// A network's port as machines see it.
@Supervisor final class AttachedPort: NetworkPort {
  nonisolated let label: String
  nonisolated let number: Int
  private nonisolated let ethernet: EthernetSwitch
  private nonisolated let neighbours: NetworkNeighbours
  private(set) var holder: String?
  private(set) var isPlugged = true
  private var mac: String?
  private var setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)?

  nonisolated init(
    label: String, number: Int, ethernet: EthernetSwitch, neighbours: NetworkNeighbours
  ) {
    self.label = label
    self.number = number
    self.ethernet = ethernet
    self.neighbours = neighbours
  }

  func claim(
    for machine: String, mac: String,
    setCarrier: @escaping @Supervisor (Bool) async throws(MachineError) -> Void
  ) throws(MachineError) -> DescriptorBox {
    if let holder {
      throw MachineError(
        .usage,
        "port '\(label)' is in machine '\(holder)': a port belongs to one machine at a time",
        machine: machine)
    }
    if let other = neighbours.machines[mac.lowercased()] {
      throw MachineError(
        .usage,
        "the MAC address \(mac) of port '\(label)' is on its network already: machine '\(other)' has it",
        machine: machine)
    }
    do throws(ProcessError) {
      let (ours, theirs) = try Descriptor.pair().split()
      ethernet.attach(number, ours)
      holder = machine
      self.mac = mac.lowercased()
      self.setCarrier = setCarrier
      neighbours.machines[mac.lowercased()] = machine
      return theirs
    } catch {
      throw MachineError(.launch, error.message)
    }
  }

  /// The switch sees the end of its stream by itself, behind the last frame.
  func release() {
    if let mac { neighbours.machines[mac] = nil }
    (holder, mac, setCarrier) = (nil, nil, nil)
  }

  /// Takes the carrier of its machine, now or when it starts, and all frames; or gives them back.
  func setPlugged(_ isPlugged: Bool) async throws(MachineError) {
    self.isPlugged = isPlugged
    ethernet.setPlugged(number, isPlugged)
    try await setCarrier?(isPlugged)
  }
}

/// The machines on a network, by the MAC addresses of their interfaces.
@Supervisor final class NetworkNeighbours {
  var machines: [String: String] = [:]
  nonisolated init() {}
}
