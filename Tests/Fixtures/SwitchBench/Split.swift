import Events
import Glibc
import Networks
import Processes

/// How fast a network splits.
enum Split {
  /// Seconds that it takes to split 64 ports whose frames flow, to the first moment at which no frame
  /// crosses.
  static func measure() throws {
    let ethernet = try EthernetSwitch()
    let wires = try (0..<64).map { try Wire(ethernet, number: $0) }
    for wire in wires {
      DetachedThread.run { while !wire.next(60).isEmpty {} }
      wire.send(Wire.frame(from: wire.number, to: 255, size: 64))
    }
    DetachedThread.run {
      let messages = wires.map {
        $0.message(Wire.frame(from: $0.number, to: 63 - $0.number, size: 200))
      }
      while true { for (wire, message) in zip(wires, messages) { wire.sendMessage(message) } }
    }
    for _ in 0..<200 {
      var pairs = PairMatrix()
      for a in 0..<32 {
        for b in 32..<64 {
          pairs.insert(a, b)
          pairs.insert(b, a)
        }
      }
      let started = Instant.now
      ethernet.setBlocked(pairs)
      print("split \(Instant.now.seconds(since: started))")
      usleep(2000)
      ethernet.setBlocked(PairMatrix())
    }
  }
}
