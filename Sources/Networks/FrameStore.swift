import Glibc

/// Memory for frames that wait inside the switch, by sizes; what is given back is used again.
struct FrameStore {
  struct Header {
    var passage: Passage
    var length: Int
    var size: Int
    var next: UnsafeMutablePointer<Header>?
    var bytes: UnsafeMutablePointer<UInt8>
  }
  typealias Frame = UnsafeMutablePointer<Header>

  private static let sizes = [192, 2048, 16384, 65536]
  private var free: (Frame?, Frame?, Frame?, Frame?)
  /// Bytes that may be used at once.
  let limit: Int
  private(set) var used = 0

  init(limit: Int) { self.limit = limit }

  /// A copy; nil if there is no room.
  mutating func keep(
    _ frame: UnsafePointer<UInt8>, _ length: Int, _ passage: Passage
  ) -> Frame? {
    let size = length <= 192 ? 0 : length <= 2048 ? 1 : length <= 16384 ? 2 : 3
    guard used + Self.sizes[size] <= limit else { return nil }
    let kept =
      withFree(size) { free -> Frame? in
        guard let first = free else { return nil }
        free = first.pointee.next
        return first
      } ?? Self.make(size)
    used += Self.sizes[size]
    kept.pointee.passage = passage
    kept.pointee.length = length
    kept.pointee.next = nil
    memcpy(kept.pointee.bytes, frame, length)
    return kept
  }

  mutating func giveBack(_ frame: Frame) {
    used -= Self.sizes[frame.pointee.size]
    withFree(frame.pointee.size) { free in
      frame.pointee.next = free
      free = frame
    }
  }

  private static func make(_ size: Int) -> Frame {
    let header = (MemoryLayout<Header>.stride + 15) & ~15
    let memory = malloc(header + sizes[size])!
    let frame = memory.bindMemory(to: Header.self, capacity: 1)
    frame.initialize(
      to: Header(
        passage: Passage(from: 0, to: 0, stage: .entered, entered: 0), length: 0, size: size,
        next: nil, bytes: (memory + header).assumingMemoryBound(to: UInt8.self)))
    return frame
  }

  private mutating func withFree<Value>(_ size: Int, _ body: (inout Frame?) -> Value) -> Value {
    switch size {
    case 0: body(&free.0)
    case 1: body(&free.1)
    case 2: body(&free.2)
    default: body(&free.3)
    }
  }

  /// Gives all unused memory back to the system.
  mutating func clear() {
    for size in 0..<4 {
      withFree(size) { free in
        while let first = free {
          free = first.pointee.next
          Glibc.free(first)
        }
      }
    }
  }
}
