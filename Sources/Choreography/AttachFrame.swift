/// What `vmscript attach` and a run that was kept say to each other over the run's socket: a letter, a length
/// of two bytes (the high one first), and so many bytes.
struct AttachFrame: Sendable {
  enum Kind: UInt8 {
    /// To the run: which machines are there?
    case list = 0x4c  // L
    /// To the run: a machine's name, whose console is wanted.
    case attach = 0x41  // A
    /// To the run: what was typed.
    case keys = 0x4b  // K
    /// To the run: "rows columns".
    case size = 0x53  // S
    /// From the run: the machines, a line each.
    case names = 0x4e  // N
    /// From the run: what the guest writes.
    case output = 0x4f  // O
    /// From the run: why not.
    case refusal = 0x52  // R
  }

  var kind: Kind
  var bytes: [UInt8] = []

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// As many frames as it takes.
  static func encoded(_ kind: Kind, _ bytes: [UInt8] = []) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    repeat {
      let part = rest.prefix(0xffff)
      rest = rest.dropFirst(part.count)
      result += [kind.rawValue, UInt8(part.count >> 8), UInt8(part.count & 0xff)] + part
    } while !rest.isEmpty
    return result
  }

  static func encoded(_ kind: Kind, _ text: String) -> [UInt8] { encoded(kind, Array(text.utf8)) }
}

/// Finds the frames in what comes.
struct AttachFrameParser {
  private var buffer: [UInt8] = []

  /// The frames that are whole now; nil for what is none.
  mutating func take(_ bytes: [UInt8]) -> [AttachFrame]? {
    buffer += bytes
    var frames: [AttachFrame] = []
    var start = 0
    while buffer.count - start >= 3 {
      guard let kind = AttachFrame.Kind(rawValue: buffer[start]) else { return nil }
      let end = start + 3 + Int(buffer[start + 1]) << 8 + Int(buffer[start + 2])
      guard end <= buffer.count else { break }
      frames.append(AttachFrame(kind: kind, bytes: Array(buffer[(start + 3)..<end])))
      start = end
    }
    buffer.removeFirst(start)
    return frames
  }
}
