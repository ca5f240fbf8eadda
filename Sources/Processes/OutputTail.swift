import Events

/// The end of what a child wrote.
@Supervisor public final class OutputTail {
  public static let limit = 64 * 1024
  private var bytes: [UInt8] = []
  private var isCut = false

  public init() {}

  public func append(_ more: some Collection<UInt8>) {
    bytes += more.suffix(Self.limit)
    // Only now and then, since removing from the front moves all that stays.
    if bytes.count > 2 * Self.limit { cut() }
  }

  private func cut() {
    bytes.removeFirst(bytes.count - Self.limit)
    isCut = true
  }

  /// At most 64 KiB, with U+FFFD for what is not UTF-8; it begins with a whole character.
  public var text: String {
    var tail = bytes.suffix(Self.limit)
    if isCut || tail.count < bytes.count {
      var skipped = 0
      while skipped < 3, let first = tail.first, first & 0xC0 == 0x80 {
        tail.removeFirst()
        skipped += 1
      }
    }
    return String(decoding: tail, as: UTF8.self)
  }
}
