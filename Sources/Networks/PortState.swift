import Glibc

/// One port as the switch's thread sees it.
struct PortState {
  /// -1 while nobody is there.
  var descriptor: Int32 = -1
  /// Counts those who were there: a late event of a former one is told by it.
  var generation: UInt32 = 0
  /// Each message is a frame; else it is a stream, with each frame's length before it.
  var isDatagram = false
  var isPlugged = true
  var vlan = PortVLAN()
  /// Its socket is full: the poller tells when there is room.
  var isFull = false
  /// Something was queued since it was last flushed.
  var isDirty = false

  /// The beginning of a frame whose rest has not come.
  var partial: UnsafeMutablePointer<UInt8>?
  var partialCount = 0
  var partialCapacity = 0
  /// Bytes of a frame that is too long, still to come and to be thrown away.
  var excess = 0

  var queue = SendQueue()
  var counters = PortCounters()
  /// By port: frames to it are dropped, or kept.
  let blocked = Self.row(UInt64.self, SwitchCore.maximumPorts / 64)
  let held = Self.row(UInt64.self, SwitchCore.maximumPorts / 64)
  /// What befalls all frames from here, and all to here.
  var outgoing: Unmanaged<LinkFaults>?
  var incoming: Unmanaged<LinkFaults>?
  /// By port: what befalls frames to it alone. Nil while nothing does.
  var paired: UnsafeMutablePointer<Unmanaged<LinkFaults>?>?
  /// By port: what became of the frames to it.
  let links = Self.row(LinkCounters.self, SwitchCore.maximumPorts)

  /// Zeroes; pages that are not touched take no memory.
  static func row<Element>(
    _ type: Element.Type, _ count: Int
  ) -> UnsafeMutablePointer<Element> {
    calloc(count, MemoryLayout<Element>.stride)!.bindMemory(to: type, capacity: count)
  }

  mutating func keepPartial(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    partialCount = count
    guard count > 0 else { return }
    if count > partialCapacity {
      partial?.deallocate()
      partialCapacity = count <= 2048 ? 2048 : EthernetFrame.maximum + 4
      partial = .allocate(capacity: partialCapacity)
    }
    memcpy(partial!, bytes, count)
  }

  /// Forgets what is of the present one alone.
  mutating func clear() {
    queue.clear()
    partialCount = 0
    excess = 0
    isFull = false
  }

  mutating func free() {
    clear()
    vlan.free()
    outgoing?.release()
    incoming?.release()
    if let paired {
      for port in 0..<SwitchCore.maximumPorts { paired[port]?.release() }
      Glibc.free(paired)
    }
    partial?.deallocate()
    Glibc.free(blocked)
    Glibc.free(held)
    Glibc.free(links)
  }
}
