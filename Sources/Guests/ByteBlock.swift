import Glibc

/// Bytes that grow in place and can be handed on whole: for an output of some hundred MiB, of which an
/// array would hold two copies whenever it grows. One thread at a time may use it.
public final class ByteBlock: @unchecked Sendable {
  public private(set) var count = 0
  private var start: UnsafeMutableRawPointer?
  private var capacity = 0

  public init() {}

  deinit { free(start) }

  /// Adds what the memory allows; how many bytes that was.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return 0 }
    if count + bytes.count > capacity {
      // Large blocks are moved by the kernel, page by page and without a copy (mremap), and pages that
      // were not written yet take no memory.
      let wanted = max(count + bytes.count, capacity + capacity / 2)
      guard let grown = realloc(start, wanted) else { return 0 }
      (start, capacity) = (grown, wanted)
    }
    memcpy(start! + count, source, bytes.count)
    count += bytes.count
    return bytes.count
  }

  /// Drops bytes from the end as long as they are this one.
  public func trimEnd(_ byte: UInt8) {
    while count > 0, start!.load(fromByteOffset: count - 1, as: UInt8.self) == byte { count -= 1 }
  }

  /// A copy.
  public var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count)) }

  /// Hands the bytes on, in memory of malloc's, and is empty then; nil if it was already.
  public func take() -> UnsafeMutableRawBufferPointer? {
    defer { (start, count, capacity) = (nil, 0, 0) }
    return start.map { UnsafeMutableRawBufferPointer(start: $0, count: count) }
  }
}
