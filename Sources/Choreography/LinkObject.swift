import Networks
import Scripting

/// `lan:link(a, b)`: the way between two machines, or one direction of it.
final class LinkObject: ScriptObject {
  static let typeName = "link"

  let network: NetworkObject
  private let ends: LinkEnds

  private init(_ network: NetworkObject, _ ends: LinkEnds) {
    self.network = network
    self.ends = ends
  }

  static func make(_ call: Call, _ network: NetworkObject) throws(ScriptError) -> Int {
    guard let ends = try LinkEnds(call, network, "link") else {
      throw .usage("link wants machines, as in lan:link(a, b) or lan:link { from = a, to = b }")
    }
    return call.results(.object(LinkObject(network, ends)))
  }

  private static func of(_ call: Call) -> LinkObject { call.object(1) as! LinkObject }

  var shown: String {
    let some = ends.some.map(\.name).joined(separator: ", ")
    guard let others = ends.others else { return "link of \(some)" }
    let names = others.map(\.name).joined(separator: ", ")
    return "link \(some) \(ends.isBothWays ? "and" : "to") \(names)"
  }

  static var methods: [String: NativeFunction] {
    [
      "counters": { call throws(ScriptError) in
        call.results(.table(Table(of(call).counters)))
      }
    ]
  }

  /// The directions meant, as numbers of ports.
  var directions: [(from: Int, to: Int)] {
    let some = ends.some.numbers.sorted()
    let others = ends.others?.numbers.sorted() ?? network.ports.map(\.port.number)
    var pairs: [(from: Int, to: Int)] = []
    for a in some {
      for b in others where a != b {
        pairs.append((a, b))
        if ends.isBothWays { pairs.append((b, a)) }
      }
    }
    return pairs
  }

  private var counters: LinkCounters {
    directions.reduce(into: LinkCounters()) { sum, pair in
      sum = sum + network.network.ethernet.counters(from: pair.from, to: pair.to)
    }
  }
}

extension Table {
  init(_ counters: LinkCounters) {
    self.init(
      counts: [
        ("passed", counters.passed), ("cut", counters.cut), ("lost", counters.lost),
        ("held", counters.held), ("delayed", counters.delayed),
        ("duplicated", counters.duplicated), ("corrupted", counters.corrupted),
        ("reordered", counters.reordered), ("overflowed", counters.overflowed),
      ])
  }
}
