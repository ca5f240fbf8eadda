import Events
import Processes

/// A network as a script describes it: its switch, its ports by name, and who is cut off from whom.
/// Used on the script's thread.
public final class Network {
  public let name: String
  public let ethernet: EthernetSwitch
  /// By number.
  public private(set) var ports: [String] = []

  private var names: Set<String> = []
  /// How many ports of a name were wanted.
  private var counts: [String: Int] = [:]
  /// The groups of a partition: the numbers of ports; nil without one. Who is in none is alone.
  private var groups: [Set<Int>]?
  /// Pairs that groups alone do not tell: bridges, rings.
  private var separated = PairMatrix()
  private var cuts = PairMatrix()
  private var isolated: Set<Int> = []
  /// Pairs that a partition and isolations no longer keep apart: two were healed.
  private var joined = PairMatrix()
  private var admitted = PairMatrix()
  private var holds = PairMatrix()
  /// Whose frames, both ways, are kept, also those of ports that come later.
  private var held: Set<Int> = []
  private var isAllHeld = false
  private var random: SplitMix

  /// `seed`: of what is random here.
  public init(
    name: String, settings: EthernetSwitch.Settings, seed: UInt64
  ) throws(ProcessError) {
    self.name = name
    ethernet = try EthernetSwitch(settings)
    random = SplitMix(seed: seed, name: name)
  }

  /// A port of this name, with a number behind it if there is one already. nil when there are too
  /// many.
  public func addPort(_ wanted: String) -> Int? {
    var name = wanted
    while !names.insert(name).inserted {
      counts[wanted, default: 1] += 1
      name = "\(wanted)-\(counts[wanted]!)"
    }
    guard let number = ethernet.addPort(name) else { return nil }
    ports.append(name)
    // It has come too late for a partition, which knows it not.
    if groups != nil || !isolated.isEmpty || isAllHeld || !held.isEmpty { apply() }
    return number
  }

  // MARK: Partitions

  /// Ports reach each other within a group alone, and ports in none nobody. Takes the place of a
  /// former partition; cuts and isolations stay.
  public func partition(_ groups: [Set<Int>]) {
    self.groups = groups
    (separated, joined) = (PairMatrix(), PairMatrix())
    apply()
  }

  /// Two halves that reach each other through `bridge` alone, in the order given; the first has the
  /// odd one.
  public func bridge(_ bridge: Set<Int>, _ members: [Set<Int>]) {
    let rest = members.filter { $0.isDisjoint(with: bridge) }
    let (first, second) = (rest.prefix((rest.count + 1) / 2), rest.suffix(rest.count / 2))
    var pairs = PairMatrix()
    for a in first.joined() { for b in second.joined() { pairs.insertBoth(a, b) } }
    separate(pairs, members: members.joined() + Array(bridge))
  }

  /// Each member sees a majority, and no two of them the same: itself and those nearest to it on a
  /// ring of random order. Seen is both ways, so that some see one more than half. Of three, who have
  /// no such ring, two do not see each other.
  public func majoritiesRing(_ members: [Set<Int>]) {
    let ring = members.shuffled(using: &random)
    let count = ring.count
    // On each side: half of what a majority has beside oneself, rounded up.
    let near = (count / 2 + 1) / 2
    var pairs = PairMatrix()
    for a in 0..<count {
      for b in 0..<count where a != b {
        let distance = count == 3 ? abs(a - b) : min(abs(a - b), count - abs(a - b))
        guard distance > near else { continue }
        for x in ring[a] { for y in ring[b] { pairs.insertBoth(x, y) } }
      }
    }
    separate(pairs, members: Array(members.joined()))
  }

  /// Two random halves; the second has the odd one.
  public func randomHalves(_ members: [Set<Int>]) -> [[Int]] {
    let order = members.indices.shuffled(using: &random)
    let half = order.count / 2
    let parts = [order.prefix(half).sorted(), order.suffix(order.count - half).sorted()]
    partition(parts.map { part in part.reduce(into: Set()) { $0.formUnion(members[$1]) } })
    return parts
  }

  /// One random member alone; which.
  public func splitOne(_ members: [Set<Int>]) -> Int {
    let one = members.indices.randomElement(using: &random) ?? 0
    partition([
      members[one], Set(members.enumerated().filter { $0.offset != one }.flatMap(\.element)),
    ])
    return one
  }

  private func separate(_ pairs: PairMatrix, members: [Int]) {
    groups = [Set(members)]
    (separated, joined) = (pairs, PairMatrix())
    apply()
  }

  public func isolate(_ ports: Set<Int>) {
    isolated.formUnion(ports)
    for a in ports { for b in self.ports.indices { admitted.removeBoth(a, b) } }
    apply()
  }

  /// Cuts the ways from each of the first to each of the second.
  public func cut(from: Set<Int>, to: Set<Int>) {
    for a in from { for b in to where a != b { cuts.insert(a, b) } }
    apply()
  }

  public func hold(from: Set<Int>, to: Set<Int>) {
    for a in from { for b in to where a != b { holds.insert(a, b) } }
    apply()
  }

  /// All frames from and to these ports; of all ports if nil.
  public func hold(_ ports: Set<Int>?) {
    if let ports { held.formUnion(ports) } else { isAllHeld = true }
    apply()
  }

  /// Lets go on what is held: between these, of these, or all.
  public func release(from: Set<Int>, to: Set<Int>) {
    for a in from { for b in to { holds.remove(a, b) } }
    apply()
  }

  public func release(_ ports: Set<Int>? = nil) {
    if let ports {
      held.subtract(ports)
    } else {
      (holds, held, isAllHeld) = (PairMatrix(), [], false)
    }
    apply()
  }

  /// Ends partitions, cuts and isolations, and lets go on what is held.
  public func heal() {
    (groups, separated, cuts, isolated) = (nil, PairMatrix(), PairMatrix(), [])
    (joined, admitted) = (PairMatrix(), PairMatrix())
    release()
  }

  /// Ends the isolation of these and what was cut of their ways; partitions stay.
  public func heal(_ some: Set<Int>) {
    isolated.subtract(some)
    for a in some { for b in ports.indices { cuts.removeBoth(a, b) } }
    apply()
  }

  /// Ends what cuts these off from those, both ways, and leaves the rest: a later partition and a port
  /// that comes later find it as it was.
  public func heal(_ some: Set<Int>, _ others: Set<Int>) {
    for a in some {
      for b in others where a != b {
        cuts.removeBoth(a, b)
        joined.insertBoth(a, b)
        admitted.insertBoth(a, b)
      }
    }
    apply()
  }

  /// Whether frames from one port can get to another, as far as cuts go.
  public func isBlocked(_ from: Int, _ to: Int) -> Bool { blocked.contains(from, to) }

  private var blocked: PairMatrix {
    var pairs = PairMatrix()
    if let groups {
      pairs = separated
      for a in ports.indices {
        let mine = groups.first { $0.contains(a) }
        for b in ports.indices where a != b && mine?.contains(b) != true { pairs.insert(a, b) }
      }
    }
    pairs.subtract(joined)
    var alone = PairMatrix()
    for a in isolated { for b in ports.indices where a != b { alone.insertBoth(a, b) } }
    alone.subtract(admitted)
    pairs.formUnion(alone)
    pairs.formUnion(cuts)
    return pairs
  }

  private func apply() {
    ethernet.setBlocked(blocked)
    var pairs = holds
    for a in isAllHeld ? Set(ports.indices) : held {
      for b in ports.indices where a != b { pairs.insertBoth(a, b) }
    }
    ethernet.setHeld(pairs)
  }
}

extension PairMatrix {
  mutating func insertBoth(_ a: Int, _ b: Int) {
    insert(a, b)
    insert(b, a)
  }

  mutating func removeBoth(_ a: Int, _ b: Int) {
    remove(a, b)
    remove(b, a)
  }
}

/// SplitMix64, seeded by a number and a name.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, name: String) {
    // FNV-1a, so that networks of one run differ.
    state = name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
