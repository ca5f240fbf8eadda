import Events
import Glibc
import Networks
import Processes

/// What impairments were asked for, and what comes of them.
struct Accuracy {
  private let ethernet: EthernetSwitch
  private let a: Wire
  private let b: Wire

  init() throws {
    ethernet = try EthernetSwitch()
    a = try Wire(ethernet, number: 0)
    b = try Wire(ethernet, number: 1)
    b.send(Wire.frame(from: 1, to: 255, size: 64))
    _ = a.next(5)
  }

  private func set(_ body: (inout Impairment) -> Void) {
    var impairment = Impairment()
    body(&impairment)
    ethernet.setFaults([.pair(from: 0, to: 1)], [impairment], seed: 1)
  }

  /// Seconds beyond a delay of 50 ms, frame by frame.
  func delay() throws {
    set { $0.delay = 0.05 }
    let count = 2000
    let (a, b) = (a, b)
    DetachedThread.run {
      for _ in 0..<count {
        var frame = Wire.frame(from: 0, to: 1, size: 64)
        withUnsafeBytes(of: Instant.monotonic()) { frame.replaceSubrange(16..<24, with: $0) }
        a.send(frame)
        usleep(1000)
      }
    }
    for _ in 0..<count {
      let frame = b.next(5)
      let arrived = Instant.monotonic()
      let sent = frame[16..<24].enumerated().reduce(Int64(0)) { $0 | Int64($1.1) << (8 * $1.0) }
      print("late \(Double(arrived - sent) / 1e9 - 0.05)")
    }
  }

  /// Standard deviations between the frames that were lost of a million and those that should be.
  func loss() throws {
    set { $0.loss = .random(probability: 0.1, correlation: 0) }
    let (a, b) = (a, b)
    let count = 1_000_000
    DetachedThread.run {
      let message = a.message(Wire.frame(from: 0, to: 1, size: 20))
      for _ in 0..<count { a.sendMessage(message) }
    }
    DetachedThread.run { while !b.next(60).isEmpty {} }
    while ethernet.counters(of: .pair(from: 0, to: 1)).frames < UInt64(count) { usleep(10_000) }
    let lost = Double(ethernet.counters(of: .pair(from: 0, to: 1)).lost)
    print("deviations \((lost - 0.1 * Double(count)) / (0.09 * Double(count)).squareRoot())")
  }

  /// The rate at which bytes come of 20 Mbit/s, as a share of that.
  func rate() throws {
    set {
      $0.rate = 20e6
      $0.limit = 16 << 20
    }
    let (a, b) = (a, b)
    DetachedThread.run {
      let message = a.message(Wire.frame(from: 0, to: 1, size: 1514))
      for _ in 0..<5000 { a.sendMessage(message) }
    }
    _ = b.next(5)
    let started = Instant.now
    var bytes = 0
    while Instant.now.seconds(since: started) < 2 { bytes += b.next(1).count }
    print("rate \(Double(bytes) * 8 / Instant.now.seconds(since: started) / 20e6)")
  }
}
