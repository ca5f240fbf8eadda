/// Frames that wait for their time: the soonest first, ties in the order in which they came. A binary
/// heap in memory of its own.
struct DelayQueue {
  private struct Entry {
    var release: UInt64
    var order: UInt64
    var frame: FrameStore.Frame

    @inline(__always) func isSooner(than other: Entry) -> Bool {
      release != other.release ? release < other.release : order < other.order
    }
  }

  private var entries = UnsafeMutablePointer<Entry>.allocate(capacity: 256)
  private var capacity = 256
  private(set) var count = 0
  private var order: UInt64 = 0

  /// When the first is due, nanoseconds of the switch's clock; `.max` if none is there.
  var soonest: UInt64 { count > 0 ? entries[0].release : .max }

  mutating func insert(_ frame: FrameStore.Frame, at release: UInt64) {
    if count == capacity { grow() }
    order += 1
    let entry = Entry(release: release, order: order, frame: frame)
    var child = count
    count += 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entry.isSooner(than: entries[parent]) else { break }
      entries[child] = entries[parent]
      child = parent
    }
    entries[child] = entry
  }

  /// Removes and returns the first frame if it is due.
  mutating func popDue(at now: UInt64) -> FrameStore.Frame? {
    guard count > 0, entries[0].release <= now else { return nil }
    let frame = entries[0].frame
    count -= 1
    if count > 0 { sink(entries[count]) }
    return frame
  }

  /// Puts an entry where the first one was, and then where it belongs.
  private mutating func sink(_ entry: Entry) {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= count { break }
      if child + 1 < count, entries[child + 1].isSooner(than: entries[child]) { child += 1 }
      guard entries[child].isSooner(than: entry) else { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = entry
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
    larger.moveUpdate(from: entries, count: count)
    entries.deallocate()
    entries = larger
    capacity *= 2
  }

  func free() { entries.deallocate() }
}
