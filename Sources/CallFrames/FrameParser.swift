/// Finds the frames in a stream of bytes that comes in pieces.
public struct FrameParser: Sendable {
  private var storage: [UInt8] = []
  private var start = 0

  public init() {}

  public mutating func append(_ bytes: some Collection<UInt8>) {
    if start == storage.count {
      storage.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 1 << 16 {
      storage.removeFirst(start)
      start = 0
    }
    storage += bytes
  }

  /// The next whole frame, nil when more input is needed. Throws at what is no frame: the two
  /// programs do not belong together.
  public mutating func next() throws(FrameError) -> CallFrame? {
    guard storage.count - start >= CallFrame.headerSize else { return nil }
    let (length, call) = (number(start), number(start + 4))
    guard let kind = CallFrame.Kind(rawValue: storage[start + 8]),
      length <= CallFrame.maximumBody
    else { throw FrameError() }
    let body = start + CallFrame.headerSize
    guard storage.count - body >= Int(length) else { return nil }
    start = body + Int(length)
    return CallFrame(kind, call, Array(storage[body..<start]))
  }

  private func number(_ offset: Int) -> UInt32 {
    var result: UInt32 = 0
    for index in (0..<4).reversed() { result = result << 8 | UInt32(storage[offset + index]) }
    return result
  }
}

/// What came is no frame.
public struct FrameError: Error, Sendable, Hashable {}
