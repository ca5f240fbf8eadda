import Events

/// What has come of one output of a request: kept up to a limit, or held until taken. The guest
/// gets new credit as bytes are dealt with.
@Supervisor final class OutputStream {
  private let limit: Int
  let isPulled: Bool
  /// What is kept.
  let block = ByteBlock()
  /// What is held until taken.
  private var bytes: [UInt8] = []
  private var taken = 0
  private var uncredited = 0
  private(set) var dropped = 0

  /// A guest that minds no window is not to fill the host's memory.
  private static let heldLimit = 16 * Frame.outputWindow

  init(_ output: ExecRequest.Output) {
    isPulled = if case .stream = output { true } else { false }
    limit = if case .collected(let limit) = output { max(0, limit) } else { .max }
  }

  var isEmpty: Bool { taken == bytes.count }

  /// Takes what came and returns the credit to give, 0 for none now.
  func receive(_ new: UnsafeRawBufferPointer) -> Int {
    if isPulled {
      let kept = min(new.count, Self.heldLimit - (bytes.count - taken))
      bytes.append(contentsOf: new.prefix(kept))
      dropped += new.count - kept
      return 0
    }
    let wanted = UnsafeRawBufferPointer(rebasing: new.prefix(limit - block.count))
    dropped += new.count - block.append(wanted)
    return credit(new.count)
  }

  /// Takes at most `count` bytes of what is held, and says what credit to give.
  func take(_ count: Int) -> (bytes: [UInt8], credit: Int) {
    let count = min(count, bytes.count - taken)
    let part: [UInt8]
    if taken == 0 && count == bytes.count {
      part = bytes
      bytes = []
    } else {
      part = Array(bytes[taken..<taken + count])
      taken += count
      if taken == bytes.count || taken > 1 << 20 {
        bytes.removeFirst(taken)
        taken = 0
      }
    }
    return (part, credit(count))
  }

  /// Not for each byte: a credit costs the guest a wake-up. A quarter of the window is soon
  /// enough.
  func credit(_ count: Int) -> Int {
    uncredited += count
    guard uncredited >= Frame.outputWindow / 4 else { return 0 }
    defer { uncredited = 0 }
    return uncredited
  }
}
