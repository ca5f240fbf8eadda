import Networks
import Notation
import Scripting

/// `lan:link(a, b)`: the way between two machines, or one direction of it; `lan:link(a)`: the link of
/// one machine, over which all its frames go.
final class LinkObject: ScriptObject {
  static let typeName = "link"

  let network: NetworkObject
  private let ends: LinkEnds

  private init(_ network: NetworkObject, _ ends: LinkEnds) {
    self.network = network
    self.ends = ends
  }

  static func make(_ call: Call, _ network: NetworkObject) throws(ScriptError) -> Int {
    guard let ends = try LinkEnds(call, network, "link", takesOne: true) else {
      throw .usage("link wants machines, as in lan:link(a, b) or lan:link { from = a, to = b }")
    }
    return call.results(.object(LinkObject(network, ends)))
  }

  static func of(_ call: Call) -> LinkObject { call.object(1) as! LinkObject }

  var shown: String { (ends.isBothWays && ends.others == nil ? "link of " : "link ") + ends.shown }

  static var methods: [String: NativeFunction] {
    ["set": set, "reset": reset, "counters": counters, "check": check]
  }

  /// Replaces what befalls frames here: `{ … }`, or several of them, which frames meet in order.
  private static func set(_ call: Call) throws(ScriptError) -> Int {
    guard !call.isAbsent(2) else {
      throw .usage("set wants impairments, as in link:set { delay = 0.05 }; reset() ends them")
    }
    let stack = try Impairment.stack(call, from: 2, of: "set")
    let link = of(call)
    link.apply(stack)
    let set = (2...call.count).compactMap { index in (try? JSON(try call.value(index)))?.encoded }
    link.network.tellFault("set", "\(link.shown): \(set.joined(separator: ", "))")
    return 0
  }

  private static func reset(_ call: Call) throws(ScriptError) -> Int {
    let link = of(call)
    link.apply([])
    link.network.tellFault("reset", link.shown)
    return 0
  }

  private func apply(_ stack: [Impairment]) {
    let seed = LinkFaults.seed(network.run.seed, from: network.name, to: "")
    network.network.ethernet.setFaults(places, stack, seed: seed)
  }

  /// The directions meant, as numbers of ports.
  private var directions: [(from: Int, to: Int)] {
    let some = ends.some.numbers.sorted()
    let others = ends.others?.numbers.sorted() ?? network.ports.map(\.port.number)
    var pairs: [(from: Int, to: Int)] = []
    for a in some {
      for b in others where a != b {
        if ends.direction != .back { pairs.append((a, b)) }
        if ends.direction != .there { pairs.append((b, a)) }
      }
    }
    return pairs
  }

  /// Where its faults are.
  var places: [FaultPlace] {
    if ends.others != nil { return directions.map { .pair(from: $0.from, to: $0.to) } }
    var places: [FaultPlace] = []
    for port in ends.some.numbers.sorted() {
      if ends.direction != .back { places.append(.outgoing(port)) }
      if ends.direction != .there { places.append(.incoming(port)) }
    }
    return places
  }

  private var sums: (frames: LinkCounters, faults: FaultCounters) {
    let ethernet = network.network.ethernet
    var sums = (frames: LinkCounters(), faults: FaultCounters())
    for pair in directions { sums.frames += ethernet.counters(from: pair.from, to: pair.to) }
    for place in places { sums.faults += ethernet.counters(of: place) }
    return sums
  }

  /// Frames that the impairments which were set last did something to, by their places in the stack.
  private var layers: [UInt64] {
    var layers: [UInt64] = []
    for place in places {
      for (index, hits) in network.network.ethernet.hits(of: place).enumerated() {
        if index < layers.count { layers[index] += hits } else { layers.append(hits) }
      }
    }
    return layers
  }

  /// Fails unless something befell a frame here, and each impairment that was set last hit one: else
  /// the test has tested nothing.
  private static func check(_ call: Call) throws(ScriptError) -> Int {
    let link = of(call)
    let (frames, faults) = link.sums
    let hits = faults.hits + frames.cut + frames.held
    guard hits > 0 else {
      throw ScriptError(
        .assertion,
        "nothing befell a frame on the \(link.shown): \(frames.passed) passed,"
          + " \(faults.frames) of them while a fault was set")
    }
    let layers = link.layers
    if let silent = layers.firstIndex(of: 0) {
      let which = layers.count > 1 ? "impairment \(silent + 1) of \(layers.count)" : "what"
      throw ScriptError(
        .assertion, "\(which) that was set last on the \(link.shown) hit no frame")
    }
    return call.results(.integer(Int64(truncatingIfNeeded: hits)))
  }

  private static func counters(_ call: Call) throws(ScriptError) -> Int {
    let (sum, faults) = of(call).sums
    return call.results(
      .table(
        Table(counts: [
          ("passed", sum.passed), ("cut", sum.cut), ("held", sum.held),
          ("overflowed", sum.overflowed), ("judged", faults.frames), ("hits", faults.hits),
          ("lost", faults.lost), ("over_limit", faults.overLimit),
          ("refused", faults.refusedOpenings), ("delayed", faults.delayed),
          ("duplicated", faults.duplicated), ("corrupted", faults.corrupted),
          ("reordered", faults.reordered),
        ])))
  }
}

extension FaultCounters {
  static func += (sum: inout FaultCounters, other: FaultCounters) {
    sum.frames += other.frames
    sum.hits += other.hits
    sum.lost += other.lost
    sum.overLimit += other.overLimit
    sum.refusedOpenings += other.refusedOpenings
    sum.delayed += other.delayed
    sum.duplicated += other.duplicated
    sum.corrupted += other.corrupted
    sum.reordered += other.reordered
  }
}
