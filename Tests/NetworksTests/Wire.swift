import Events
import Glibc
import Processes
import Testing

@testable import Networks

/// One end of a socket whose other end is at a switch's port, as a QEMU would have it.
final class Wire {
  let descriptor: Descriptor
  let port: Int
  private var received: [UInt8] = []

  init(_ network: EthernetSwitch, port: Int? = nil) throws {
    let pair = try Descriptor.pair()
    let port = try port ?? #require(network.addPort())
    self.port = port
    let (ours, theirs) = pair.split()
    network.attach(port, theirs)
    descriptor = ours.take()!
    // Returns when the port is there.
    _ = network.counters(of: port)
  }

  /// Each says something to all, and so the switch knows where the addresses from 1 on are.
  static func introduce(_ wires: [Wire]) {
    for (index, wire) in wires.enumerated() {
      wire.send(frame(UInt8(index + 1), 255, "end"))
      for other in wires where other !== wire { #expect(other.texts() == []) }
    }
  }

  /// A frame from an address to another, numbers of one byte; 255 is everybody.
  static func frame(_ from: UInt8, _ to: UInt8, _ text: String = "", length: Int = 0) -> [UInt8] {
    let destination: [UInt8] = to == 255 ? [255, 255, 255, 255, 255, 255] : [2, 0, 0, 0, 0, to]
    var frame = destination + [2, 0, 0, 0, 0, from] + [0x88, 0xb5] + Array(text.utf8)
    if frame.count < length { frame += [UInt8](repeating: 0, count: length - frame.count) }
    return frame
  }

  static func framed(_ frame: [UInt8]) -> [UInt8] {
    let count = UInt32(frame.count)
    return [
      UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255),
    ]
      + frame
  }

  func send(_ frame: [UInt8]) { sendBytes(Self.framed(frame)) }

  func sendBytes(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { write(descriptor.number, $0.baseAddress, $0.count) }
      if sent <= 0 { return }
      rest = rest.dropFirst(sent)
    }
  }

  /// The next frame; nil when none comes within `seconds`.
  func next(_ seconds: Double = 5) -> [UInt8]? {
    let deadline = Deadline.after(seconds)
    while true {
      if received.count >= 4 {
        let length = received[..<4].reduce(0) { $0 << 8 | Int($1) }
        if received.count >= 4 + length {
          let frame = Array(received[4..<4 + length])
          received.removeFirst(4 + length)
          return frame
        }
      }
      var file = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
      if poll(&file, 1, Int32(deadline.remaining * 1000)) <= 0 { return nil }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(descriptor.number, &chunk, chunk.count)
      if count <= 0 { return nil }
      received += chunk[..<count]
    }
  }

  /// What came, as texts, until a frame says "end".
  func texts() -> [String] {
    var texts: [String] = []
    while let frame = next() {
      let text = String(decoding: frame.dropFirst(14).prefix { $0 != 0 }, as: UTF8.self)
      if text == "end" { return texts }
      texts.append(text)
    }
    return texts + ["(no end)"]
  }
}
