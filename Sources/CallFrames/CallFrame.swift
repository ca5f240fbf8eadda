/// What vmscript and vmscript-grpc say to each other over a stream: frames of a header of 9 bytes
/// (the body's length and the call's number, 32 bits each, little-endian, and the kind) and a body.
public struct CallFrame: Sendable, Hashable {
  public enum Kind: UInt8, Sendable {
    // To vmscript-grpc:
    /// Begins a call; the body is a `CallRequest`.
    case open = 1
    /// A message of the call; in both directions.
    case message
    /// No more messages will be sent.
    case finish
    /// The call is not wanted any more; nothing is heard of it from then on.
    case cancel
    /// So many more bytes of messages may be sent (a 32-bit number); in both directions.
    case credit
    // From vmscript-grpc:
    /// The server's metadata, a `CallMetadata`; at most once, before the first message.
    case metadata
    /// The call is over; the body is a `CallEnd`.
    case end
  }

  /// What may be on the way at first, in bytes of messages, in each direction of each call. A
  /// message may begin as long as anything is left, so that any size gets through.
  public static let initialCredit = 1 << 20

  static let headerSize = 9
  /// No body is longer: gRPC's own limit is given with each call and far below.
  static let maximumBody = 1 << 30

  public var kind: Kind
  public var call: UInt32
  public var body: [UInt8]

  public init(_ kind: Kind, _ call: UInt32, _ body: [UInt8] = []) {
    self.kind = kind
    self.call = call
    self.body = body
  }

  public static func credit(_ bytes: Int, _ call: UInt32) -> CallFrame {
    var writer = FrameWriter()
    writer.number(UInt32(clamping: bytes))
    return CallFrame(.credit, call, writer.bytes)
  }

  /// What a credit frame says; 0 if it is malformed.
  public var credit: Int {
    var reader = FrameReader(body)
    return Int(reader.number() ?? 0)
  }

  public var encoded: [UInt8] {
    var writer = FrameWriter(capacity: Self.headerSize + body.count)
    writer.number(UInt32(body.count))
    writer.number(call)
    writer.byte(kind.rawValue)
    writer.raw(body)
    return writer.bytes
  }
}
