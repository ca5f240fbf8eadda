/// Bytes that wait, first in, first out.
struct ByteQueue {
  private var storage: [UInt8] = []
  private var start = 0
  /// How far the search for a line feed has come.
  private var searched = 0

  var count: Int { storage.count - start }

  mutating func append(_ bytes: [UInt8]) { storage += bytes }

  func first(_ limit: Int) -> [UInt8] { Array(storage[start...].prefix(limit)) }

  mutating func drop(_ count: Int) {
    start += min(count, self.count)
    searched = max(searched, start)
    // Moving the rest down costs its length, so it is done when that is the smaller half.
    if start * 2 > storage.count {
      storage.removeFirst(start)
      searched -= start
      start = 0
    }
  }

  mutating func take(_ limit: Int) -> [UInt8] {
    let bytes = first(max(0, limit))
    drop(bytes.count)
    return bytes
  }

  /// The next line without its line feed, nil if there is no whole one.
  mutating func takeLine(evenUnfinished: Bool) -> [UInt8]? {
    if let end = storage[max(searched, start)...].firstIndex(of: 0x0a) {
      let line = Array(storage[start..<end])
      drop(line.count + 1)
      return line
    }
    searched = storage.count
    return evenUnfinished && count > 0 ? take(count) : nil
  }
}

/// Frames that wait, first in, first out.
struct FrameQueue {
  private var storage: [[UInt8]] = []
  private var start = 0
  private(set) var byteCount = 0

  var count: Int { storage.count - start }

  mutating func append(_ frame: [UInt8]) {
    storage.append(frame)
    byteCount += frame.count
  }

  /// The next frame; empty if there is none.
  mutating func take() -> [UInt8] {
    guard count > 0 else { return [] }
    let frame = storage[start]
    byteCount -= frame.count
    start += 1
    if start * 2 > storage.count {
      storage.removeFirst(start)
      start = 0
    }
    return frame
  }
}
