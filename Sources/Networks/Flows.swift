/// Which UDP and ICMP exchanges one side of a link has begun, so that the other may answer. A table
/// of fixed size: a newer exchange takes the place of an old one with the same hash.
final class Flows {
  private static let count = 4096
  /// Nanoseconds that an exchange is remembered after its last frame from that side.
  private static let memory: UInt64 = 120_000_000_000

  private struct Entry {
    var hash: UInt64 = 0
    var time: UInt64 = 0
  }

  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: Self.count)
    entries.initialize(repeating: Entry(), count: Self.count)
  }

  deinit { entries.deallocate() }

  /// A frame that came through from the side that may open.
  func note(_ header: FrameHeader, now: UInt64) {
    guard let hash = Self.hash(header, isAnswer: false) else { return }
    entries[Int(hash % UInt64(Self.count))] = Entry(hash: hash, time: now)
  }

  /// Whether a frame of the other side opens something: TCP and echo requests say so themselves; of
  /// UDP and echo replies it is what answers nothing. ARP, neighbour discovery and ICMP's errors open
  /// nothing.
  func isOpening(_ header: FrameHeader, now: UInt64) -> Bool {
    if header.ipProtocol == 6 { return header.opensTCP }
    if header.isEchoRequest { return true }
    guard let hash = Self.hash(header, isAnswer: true) else { return false }
    let entry = entries[Int(hash % UInt64(Self.count))]
    return entry.hash != hash || now &- entry.time > Self.memory
  }

  /// The same for both directions of an exchange; nil for what is none.
  private static func hash(_ header: FrameHeader, isAnswer: Bool) -> UInt64? {
    var (first, second) = (UInt64(header.sourcePort), UInt64(header.destinationPort))
    if header.isEchoRequest || header.isEchoReply {
      first = UInt64(header.icmpIdentifier)
      second = first
    } else if header.ipProtocol != 17 || !header.hasPorts {
      return nil
    }
    var (source, destination) = (header.sourceAddress, header.destinationAddress)
    if isAnswer {
      swap(&first, &second)
      swap(&source, &destination)
    }
    var hash = FaultGenerator.derive(UInt64(header.ipProtocol), first << 16 | second)
    hash = FaultGenerator.derive(hash ^ source.high, source.low)
    hash = FaultGenerator.derive(hash ^ destination.high, destination.low)
    // 0 marks an empty place.
    return hash | 1
  }
}
