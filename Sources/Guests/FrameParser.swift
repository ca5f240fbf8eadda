import Glibc

/// Finds the frames of one session in a stream of bytes, whatever else is in it: the rest of what
/// an earlier boot sent, or noise.
struct FrameParser {
  /// The session that is listened to; nil before the first hello.
  private(set) var session: UInt32?
  private var storage = [UInt8](
    repeating: 0, count: Frame.headerSize + Frame.maximumBody + 64 * 1024)
  private var start = 0
  private var end = 0
  private var body = 0..<0

  static let helloBody = 128

  /// Lets `read` put bytes into free space, and returns what it returned: how many they are.
  mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    if start == end { (start, end) = (0, 0) }
    if start > 0 && storage.count - end < 64 * 1024 {
      storage.withUnsafeMutableBytes { bytes in
        _ = memmove(bytes.baseAddress!, bytes.baseAddress! + start, end - start)
      }
      (start, end) = (0, end - start)
    }
    let count = storage.withUnsafeMutableBytes { bytes in
      read(UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
    }
    end += max(0, count)
    return count
  }

  /// The next whole frame, or nil when more input is needed. A hello begins a new session.
  mutating func next() -> Frame? {
    guard let frame = find() else { return nil }
    if frame.kind == Frame.Kind.hello.rawValue { session = frame.session }
    body = (start + Frame.headerSize)..<(start + Frame.headerSize + frame.length)
    start = body.upperBound
    return frame
  }

  /// Lends the bytes of the frame that `next` returned.
  borrowing func withBody<Value>(_ use: (UnsafeRawBufferPointer) -> Value) -> Value {
    storage.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[body])) }
  }

  /// Moves `start` to the next whole frame.
  private mutating func find() -> Frame? {
    storage.withUnsafeBytes { bytes in
      while end - start >= Frame.headerSize {
        let here = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        if let frame = Frame(here), isHeard(frame) {
          if here.count >= Frame.headerSize + frame.length { return frame }
          return findHelloAtEnd(here)
        }
        let rest = memchr(
          here.baseAddress! + 1, Int32(truncatingIfNeeded: Frame.magic & 0xFF), here.count - 1)
        start = rest.map { bytes.baseAddress!.distance(to: UnsafeRawPointer($0)) } ?? end
      }
      return nil
    }
  }

  private func isHeard(_ frame: Frame) -> Bool {
    if frame.kind == Frame.Kind.hello.rawValue { return frame.length == Self.helloBody }
    return frame.session == session
  }

  /// A guest that was reset in the middle of a frame never sends the rest of it, and its next
  /// boot's hello would be taken for that rest. An agent says nothing after its hello until it
  /// has an answer, so that such a hello is the last thing here.
  private mutating func findHelloAtEnd(_ here: UnsafeRawBufferPointer) -> Frame? {
    let offset = here.count - Frame.headerSize - Self.helloBody
    guard offset > 0,
      let frame = Frame(UnsafeRawBufferPointer(rebasing: here[offset...])),
      frame.kind == Frame.Kind.hello.rawValue, frame.length == Self.helloBody,
      frame.session != session
    else { return nil }
    start += offset
    return frame
  }
}
