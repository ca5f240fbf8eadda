/// Where on a network faults are.
public enum FaultPlace: Sendable, Hashable {
  /// On all frames that a port's machine sends.
  case outgoing(Int)
  /// On all frames to a port's machine.
  case incoming(Int)
  /// On the frames from one port to another.
  case pair(from: Int, to: Int)

  var opposite: FaultPlace {
    switch self {
    case .outgoing(let port): .incoming(port)
    case .incoming(let port): .outgoing(port)
    case .pair(let from, let to): .pair(from: to, to: from)
    }
  }
}

extension SwitchCore {
  /// Replaces the stack of impairments there. `seed` is the run's.
  func setFaults(_ place: FaultPlace, _ stack: [Impairment], seed: UInt64) {
    tick()
    if stack.isEmpty && faults(place) == nil { return }
    let (own, opposite) = (makeFaults(place, seed), makeFaults(place.opposite, seed))
    own.reverse = opposite
    opposite.reverse = own
    own.set(stack, now: now)
    isAnyFaulty = (0..<portCount).contains { !isFaultless($0) }
    noteWhatIsPlain()
  }

  func faults(_ place: FaultPlace) -> LinkFaults? {
    switch place {
    case .outgoing(let port): ports[port].outgoing?.takeUnretainedValue()
    case .incoming(let port): ports[port].incoming?.takeUnretainedValue()
    case .pair(let from, let to): ports[from].paired?[to]?.takeUnretainedValue()
    }
  }

  private func makeFaults(_ place: FaultPlace, _ seed: UInt64) -> LinkFaults {
    if let known = faults(place) { return known }
    let new: LinkFaults
    switch place {
    case .outgoing(let port):
      new = LinkFaults(seed: LinkFaults.seed(seed, from: names[port], to: ""))
      ports[port].outgoing = .passRetained(new)
    case .incoming(let port):
      new = LinkFaults(seed: LinkFaults.seed(seed, from: "", to: names[port]))
      ports[port].incoming = .passRetained(new)
    case .pair(let from, let to):
      new = LinkFaults(seed: LinkFaults.seed(seed, from: names[from], to: names[to]))
      if ports[from].paired == nil {
        ports[from].paired = PortState.row(Unmanaged<LinkFaults>?.self, Self.maximumPorts)
      }
      ports[from].paired![to] = .passRetained(new)
    }
    return new
  }

  private func isFaultless(_ port: Int) -> Bool {
    func isIdle(_ faults: Unmanaged<LinkFaults>?) -> Bool {
      faults?.takeUnretainedValue().isIdle ?? true
    }
    guard isIdle(ports[port].outgoing), isIdle(ports[port].incoming) else { return false }
    guard let paired = ports[port].paired else { return true }
    return (0..<portCount).allSatisfy { isIdle(paired[$0]) }
  }
}
