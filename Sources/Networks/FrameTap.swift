import Events
import Synchronization

/// A listener to a network's frames: keeps what it wants until that is read, a bounded number of bytes.
public final class FrameTap: Sendable {
  /// A frame as it was seen.
  public struct Seen: Sendable {
    public var bytes: [UInt8]
    public var from: Int
    /// -1: as it came from its sender.
    public var to: Int
    /// Nanoseconds of `Instant.monotonic()`.
    public var time: UInt64
  }

  private struct State {
    var frames: [Seen] = []
    var next = 0
    var byteCount = 0
    var lost: UInt64 = 0
    var isClosed = false
  }

  /// Bytes that it keeps; frames beyond are lost, and counted.
  static let limit = 4 << 20

  /// Set whenever there is a frame to read, and at its end.
  public let readable = Event<Bool>()
  private let state = Mutex(State())
  private let from: Set<Int>?
  private let to: Set<Int>?
  private let matches: [FrameMatch]

  /// Frames from these ports, to these ports; nil for any. Without `to` each frame is seen once, as it
  /// came from its sender; with it, as it is put into a receiver's queue.
  /// Of these those that any of `matches` fits; all if there is none.
  public init(from: Set<Int>?, to: Set<Int>?, matches: [FrameMatch] = []) {
    self.from = from
    self.to = to
    self.matches = matches
  }

  /// How many frames can be read, and how many were lost because nobody read.
  public var count: Int { state.withLock { $0.frames.count - $0.next } }
  public var lost: UInt64 { state.withLock { $0.lost } }

  /// Nothing more will come.
  public var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Ends it; what has come may be read.
  public func close() {
    state.withLock { $0.isClosed = true }
    readable.set(true)
  }

  public func read() -> Seen? {
    state.withLock { state in
      guard state.next < state.frames.count else { return nil }
      let seen = state.frames[state.next]
      state.next += 1
      state.byteCount -= seen.bytes.count
      if state.next == state.frames.count {
        state.frames = []
        state.next = 0
      } else if state.next >= 1024 {
        state.frames.removeFirst(state.next)
        state.next = 0
      }
      return seen
    }
  }

  func wants(from sender: Int, to receiver: Int) -> Bool {
    guard (receiver < 0) == (to == nil) else { return false }
    return from?.contains(sender) != false && to?.contains(receiver) != false
  }

  func add(_ frame: UnsafePointer<UInt8>, _ length: Int, from: Int, to: Int, now: UInt64) {
    if !matches.isEmpty {
      let header = FrameHeader(UnsafeRawBufferPointer(start: frame, count: length))
      guard matches.contains(where: { $0.fits(header) }) else { return }
    }
    let isKept = state.withLock { state in
      if state.isClosed { return false }
      guard state.byteCount + length <= Self.limit else {
        state.lost += 1
        return false
      }
      let bytes = Array(UnsafeBufferPointer(start: frame, count: length))
      state.frames.append(Seen(bytes: bytes, from: from, to: to, time: now))
      state.byteCount += length
      return true
    }
    if isKept { readable.set(true) }
  }
}
