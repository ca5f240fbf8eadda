import Glibc

/// What waits to be sent at a port: frames, each behind its length as 4 bytes, big end first. The first
/// may have been sent in part.
struct SendQueue {
  private var memory: UnsafeMutablePointer<UInt8>?
  private var capacity = 0
  private var start = 0
  private var end = 0

  /// Bytes.
  var count: Int { end - start }
  var first: UnsafeMutablePointer<UInt8> { memory! + start }

  mutating func append(_ frame: UnsafePointer<UInt8>, _ length: Int) {
    makeRoom(4 + length)
    let place = UnsafeMutableRawPointer(memory! + end)
    place.storeBytes(of: UInt32(length).bigEndian, as: UInt32.self)
    memcpy(place + 4, frame, length)
    end += 4 + length
  }

  /// Bytes that have their lengths in them already.
  mutating func append(framed: UnsafePointer<UInt8>, _ count: Int) {
    makeRoom(count)
    memcpy(memory! + end, framed, count)
    end += count
  }

  mutating func drop(_ count: Int) {
    start += count
    if start == end { (start, end) = (0, 0) }
  }

  private mutating func makeRoom(_ count: Int) {
    if end + count <= capacity { return }
    if start > 0, self.count + count <= capacity, start >= self.count {
      memcpy(memory!, memory! + start, self.count)
    } else {
      var larger = max(capacity, 32 << 10)
      while larger < self.count + count { larger *= 2 }
      let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
      if let memory {
        memcpy(new, memory + start, self.count)
        memory.deallocate()
      }
      (memory, capacity) = (new, larger)
    }
    (start, end) = (0, self.count)
  }

  /// Forgets all, and gives the memory back.
  mutating func clear() {
    memory?.deallocate()
    self = SendQueue()
  }
}
