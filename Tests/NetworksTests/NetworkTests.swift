import Testing

@testable import Networks

/// Who reaches whom, as the plans of partitions say.
@Suite struct NetworkTests {
  let network: Network

  init() throws {
    network = try Network(name: "n", settings: .init(), seed: 7)
  }

  private func members(_ count: Int) -> [Set<Int>] {
    for _ in 0..<count { _ = network.addPort("p") }
    return (0..<count).map { [$0] }
  }

  /// The ports that a port hears of, itself included.
  private func heard(_ port: Int) -> Set<Int> {
    Set(network.ports.indices.filter { $0 == port || !network.isBlocked($0, port) })
  }

  @Test func namesAreNumbered() {
    _ = network.addPort("a")
    _ = network.addPort("a")
    _ = network.addPort("a-2")
    #expect(network.ports == ["a", "a-2", "a-2-2"])
  }

  @Test func whoIsInNoGroupIsAlone() {
    let ports = members(5)
    network.partition([[0, 1], [2]])
    #expect(ports.map { heard($0.first!) } == [[0, 1], [0, 1], [2], [3], [4]])
    // So is who comes later.
    _ = network.addPort("late")
    #expect(heard(5) == [5] && heard(0) == [0, 1])
    network.cut(from: [0], to: [1])
    network.partition([[0, 1, 2, 3, 4, 5]])
    #expect(heard(1) == [1, 2, 3, 4, 5] && heard(0).count == 6)
    network.isolate([3])
    _ = network.addPort("later")
    #expect(heard(3) == [3] && heard(6) == [6])
    network.heal([3], [4])
    #expect(heard(3) == [3, 4] && heard(4) == [0, 1, 2, 3, 4, 5] && heard(2) == [0, 1, 2, 4, 5])
    network.heal()
    #expect(network.ports.indices.allSatisfy { heard($0).count == 7 })
  }

  /// Two that are joined are not apart any more, and all else stays as it was said.
  @Test func twoAreJoinedAndTheRestStays() {
    _ = members(4)
    network.partition([[0, 1], [2]])
    network.heal([0], [2])
    #expect(heard(0) == [0, 1, 2] && heard(1) == [0, 1] && heard(3) == [3])
    _ = network.addPort("late")
    #expect(heard(4) == [4])
    // The next partition is whole.
    network.partition([[0, 1], [2, 3, 4]])
    #expect(heard(0) == [0, 1] && heard(2) == [2, 3, 4])
    network.heal()
    network.isolate([0, 1])
    network.heal([0], [1])
    #expect(heard(0) == [0, 1] && heard(2) == [2, 3, 4])
    // One that is let back reaches all but those who are alone themselves, also who comes later.
    network.cut(from: [0], to: [2])
    network.heal([0])
    _ = network.addPort("later")
    #expect(heard(0) == [0, 1, 2, 3, 4, 5] && heard(1) == [0, 1])
    network.isolate([0])
    #expect(heard(0) == [0])
  }

  @Test func aBridgeReachesBothHalves() {
    let ports = members(5)
    network.bridge([2], ports)
    #expect(heard(2).count == 5)
    #expect([0, 1, 3, 4].map { heard($0) } == [[0, 1, 2], [0, 1, 2], [2, 3, 4], [2, 3, 4]])
  }

  @Test(arguments: 3...12) func eachOfARingHasAMajorityOfItsOwn(count: Int) {
    let ports = members(count)
    network.majoritiesRing(ports)
    let seen = ports.map { heard($0.first!) }
    #expect(seen.allSatisfy { $0.count > count / 2 })
    #expect(Set(seen).count == count)
    for a in 0..<count {
      for b in 0..<count { #expect(seen[a].contains(b) == seen[b].contains(a)) }
    }
  }

  @Test func whatIsRandomFollowsFromTheSeed() throws {
    let ports = members(9)
    let twin = try Network(name: "n", settings: .init(), seed: 7)
    let namesake = try Network(name: "m", settings: .init(), seed: 7)
    for other in [twin, namesake] { for _ in ports { _ = other.addPort("p") } }
    let halves = (0..<10).map { _ in network.randomHalves(ports) }
    #expect(halves.allSatisfy { $0.map(\.count) == [4, 5] && Set($0.joined()).count == 9 })
    #expect(Set(halves).count > 5)
    #expect(halves == (0..<10).map { _ in twin.randomHalves(ports) })
    #expect(halves != (0..<10).map { _ in namesake.randomHalves(ports) })
    let one = network.splitOne(ports)
    #expect(one == twin.splitOne(ports) && heard(one) == [one])
    #expect(heard((one + 1) % 9).count == 8)
  }

  @Test func partsOfWhatIsHeldAreReleased() {
    _ = members(3)
    network.hold(from: [0], to: [1])
    network.hold([2])
    network.hold(nil)
    network.release(from: [0], to: [1])
    network.release([2])
    network.release()
    #expect(network.ports.count == 3)
  }
}
