import Events
import Glibc
import Networks
import Processes
import Synchronization

/// Pairs of ports, one of each sending to the other as fast as it can, each frame in a system call of
/// its own, as QEMU does.
final class Load: Sendable {
  private let wires: [Wire]
  private let size: Int
  private let ethernet: EthernetSwitch?
  private let isOver = Atomic<Bool>(false)
  private let sent = Atomic<Int>(0)
  private let arrived = Atomic<Int>(0)

  private init(_ wires: [Wire], size: Int, _ ethernet: EthernetSwitch?) {
    self.wires = wires
    self.size = size
    self.ethernet = ethernet
  }

  static func throughSwitch(ports: Int, size: Int, hasFaults: Bool) throws -> Load {
    let ethernet = try EthernetSwitch()
    let wires = try (0..<ports).map { number in
      try Wire(ethernet, number: number)
    }
    if hasFaults {
      var impairment = Impairment()
      impairment.delay = 0.001
      impairment.jitter = 0.0005
      impairment.distribution = .normal
      impairment.loss = .random(probability: 0.01, correlation: 0)
      impairment.duplicate = 0.01
      impairment.corrupt = 0.01
      impairment.rate = 1e12
      let places = wires.indices.map { FaultPlace.outgoing($0) }
      ethernet.setFaults(places, [impairment], seed: 1)
      ethernet.setCapture(try CaptureFile(path: "/dev/null"))
    }
    return Load(wires, size: size, ethernet)
  }

  static func throughVDE(_ directory: String, ports: Int, size: Int) throws -> Load {
    Load(try (0..<ports).map { try Wire(vde: directory, number: $0) }, size: size, nil)
  }

  func run(seconds: Double) {
    // So that all are known before the load.
    for wire in wires { wire.send(Wire.frame(from: wire.number, to: 255, size: 64)) }
    usleep(200_000)
    let before = (ethernet?.processorSeconds ?? 0, 0)
    for pair in stride(from: 0, to: wires.count, by: 2) {
      DetachedThread.run { self.feed(self.wires[pair], to: pair + 1) }
      DetachedThread.run { self.drain(self.wires[pair + 1]) }
    }
    let started = Instant.now
    usleep(UInt32(seconds * 1e6))
    isOver.store(true, ordering: .relaxed)
    let (sent, arrived) = (sent.load(ordering: .relaxed), arrived.load(ordering: .relaxed))
    let processor = (ethernet?.processorSeconds ?? 0) - before.0
    print("sent \(sent)")
    print("arrived \(arrived)")
    print("processor \(processor)")
    print("seconds \(Instant.now.seconds(since: started))")
    exit(0)
  }

  private func feed(_ wire: Wire, to: Int) {
    let message = wire.message(Wire.frame(from: wire.number, to: to, size: size))
    while !isOver.load(ordering: .relaxed) {
      for _ in 0..<64 { wire.sendMessage(message) }
      sent.add(64, ordering: .relaxed)
    }
  }

  private func drain(_ wire: Wire) {
    let length = wire.isStream ? size + 4 : size
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var bytes = 0
    while true {
      let count = read(wire.socket, &chunk, chunk.count)
      if count <= 0 { return }
      if wire.isStream {
        bytes += count
        arrived.add(bytes / length, ordering: .relaxed)
        bytes %= length
      } else {
        arrived.add(1, ordering: .relaxed)
      }
    }
  }
}
