import Glibc

/// Which port each address was last seen at. Of fixed size: when many addresses are made up, old ones
/// are forgotten.
struct AddressTable {
  struct Entry {
    /// The address in the lowest 48 bits; 0 for none.
    var address: UInt64
    /// Nanoseconds of the switch's clock.
    var seen: UInt64
    var port: Int
  }

  static let bits: UInt64 = 13
  /// An address lies in one of so many places.
  static let window = 8

  private let entries: UnsafeMutablePointer<Entry>
  /// Nanoseconds after which an address that was not seen is forgotten.
  let ageing: UInt64

  init(ageing: UInt64) {
    self.ageing = ageing
    // Pages that are not used take no memory.
    let count = (1 << Int(Self.bits)) + Self.window
    entries = calloc(count, MemoryLayout<Entry>.stride)!.bindMemory(to: Entry.self, capacity: count)
  }

  func free() { Glibc.free(entries) }

  @inline(__always) private func place(_ address: UInt64) -> UnsafeMutablePointer<Entry> {
    entries + Int((address &* 0x9e37_79b9_7f4a_7c15) >> (64 - Self.bits))
  }

  /// The port of an address, -1 if it is not known.
  @inline(__always) func port(of address: UInt64, now: UInt64) -> Int {
    let first = place(address)
    for offset in 0..<Self.window where first[offset].address == address {
      return now &- first[offset].seen <= ageing ? first[offset].port : -1
    }
    return -1
  }

  @inline(__always) func learn(_ address: UInt64, at port: Int, now: UInt64) {
    let first = place(address)
    if first.pointee.address == address {
      first.pointee.seen = now
      first.pointee.port = port
    } else {
      learnFurther(address, at: port, now: now, first)
    }
  }

  private func learnFurther(
    _ address: UInt64, at port: Int, now: UInt64, _ first: UnsafeMutablePointer<Entry>
  ) {
    var oldest = first
    for offset in 0..<Self.window {
      let entry = first + offset
      if entry.pointee.address == address {
        oldest = entry
        break
      }
      if entry.pointee.seen < oldest.pointee.seen { oldest = entry }
    }
    oldest.pointee = Entry(address: address, seen: now, port: port)
  }

  /// Forgets all addresses of a port: its machine has gone.
  func forget(port: Int) {
    for index in 0..<(1 << Int(Self.bits)) + Self.window
    where entries[index].address != 0 && entries[index].port == port {
      entries[index] = Entry(address: 0, seen: 0, port: 0)
    }
  }
}
