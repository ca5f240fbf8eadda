/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng) in the order of this machine's bytes, gathered
/// in one buffer. Who appends sees to it that there is room.
struct CaptureBlock: ~Copyable {
  private let start: UnsafeMutableRawPointer
  private let capacity: Int
  private var used = 0
  private var opened = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(byteCount: capacity, alignment: 8)
  }

  func deallocate() { start.deallocate() }

  var left: Int { capacity - used }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: used) }
  mutating func reset() { used = 0 }

  mutating func section(program: StaticString) {
    open(0x0a0d_0d0a)
    put(UInt32(0x1a2b_3c4d))
    put(UInt16(1))
    put(UInt16(0))
    put(UInt64.max)
    option(4) { $0.put(program) }
    close()
  }

  /// Ethernet, with nanoseconds.
  mutating func interface(_ name: CaptureName) {
    open(1)
    put(UInt16(1))
    put(UInt16(0))
    put(UInt32(0))
    option(2) { $0.put(name) }
    option(9) { $0.put(UInt8(9)) }
    close()
  }

  mutating func packet(
    _ frame: UnsafeRawBufferPointer, length: Int, interface: Int, time: UInt64,
    to name: CaptureName?, _ verdict: Verdict, now: UInt64
  ) {
    open(6)
    put(UInt32(interface))
    put(UInt32(time >> 32))
    put(UInt32(truncatingIfNeeded: time))
    put(UInt32(frame.count))
    put(UInt32(length))
    if let base = frame.baseAddress {
      (start + used).copyMemory(from: base, byteCount: frame.count)
    }
    used += frame.count
    pad()
    let at = openOption(1)
    if let name {
      put("to ")
      put(name)
      put(": ")
    }
    describe(verdict, now: now)
    closeOption(at)
    close()
  }

  private mutating func describe(_ verdict: Verdict, now: UInt64) {
    if let reason = verdict.dropped {
      put("dropped: ")
      put(reason.name)
      if verdict.rule >= 0 {
        put(", by impairment ")
        put(decimal: UInt64(verdict.rule + 1))
      }
      return
    }
    if verdict.release.0 > now {
      put("delayed by ")
      put(milliseconds: verdict.release.0 - now)
    } else {
      put("passed")
    }
    if verdict.copies > 1 {
      put(", again after ")
      put(milliseconds: verdict.release.1 > now ? verdict.release.1 - now : 0)
    }
    if verdict.isReordered { put(", overtaking") }
    if let bit = verdict.corruptedBit {
      put(", bit ")
      put(decimal: UInt64(bit))
      put(" flipped")
    }
  }

  private mutating func open(_ kind: UInt32) {
    opened = used
    put(kind)
    put(UInt32(0))
  }

  private mutating func close() {
    put(UInt32(0))
    let length = UInt32(used - opened + 4)
    put(length)
    (start + opened + 4).storeBytes(of: length, as: UInt32.self)
  }

  private mutating func option(_ code: UInt16, _ body: (inout CaptureBlock) -> Void) {
    let at = openOption(code)
    body(&self)
    closeOption(at)
  }

  private mutating func openOption(_ code: UInt16) -> Int {
    put(code)
    put(UInt16(0))
    return used
  }

  private mutating func closeOption(_ at: Int) {
    (start + at - 2).storeBytes(of: UInt16(used - at), as: UInt16.self)
    pad()
  }

  private mutating func pad() {
    while used & 3 != 0 { put(UInt8(0)) }
  }

  @inline(__always)
  private mutating func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    (start + used).storeBytes(of: value, as: T.self)
    used += MemoryLayout<T>.size
  }

  private mutating func put(_ text: StaticString) {
    (start + used).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    used += text.utf8CodeUnitCount
  }

  private mutating func put(_ name: CaptureName) {
    name.copy(to: start + used)
    used += name.count
  }

  private mutating func put(decimal value: UInt64) {
    var (divisor, rest): (UInt64, UInt64) = (1, value)
    while rest >= 10 {
      divisor *= 10
      rest /= 10
    }
    while divisor > 0 {
      put(UInt8(48 + value / divisor % 10))
      divisor /= 10
    }
  }

  /// With three places.
  private mutating func put(milliseconds nanoseconds: UInt64) {
    put(decimal: nanoseconds / 1_000_000)
    put(UInt8(46))
    let rest = nanoseconds / 1000 % 1000
    put(UInt8(48 + rest / 100))
    put(UInt8(48 + rest / 10 % 10))
    put(UInt8(48 + rest % 10))
    put(" ms")
  }
}
