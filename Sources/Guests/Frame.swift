/// The head of a frame, as Sources/GuestAgent/protocol.h has it; docs/agent.md says what each is
/// for.
struct Frame: Equatable {
  static let magic: UInt32 = 0x3153_4D56
  static let version: UInt16 = 2
  static let headerSize = 24
  static let maximumBody = 256 * 1024
  /// Data in one frame: the guest's driver takes 32 KiB in one write.
  static let chunk = 32 * 1024 - headerSize
  /// Bytes of a request's input that may be on their way.
  static let inputWindow = 128 * 1024
  static let outputWindow = 256 * 1024

  enum Kind: UInt8 {
    case data = 1
    case close, credit
    case welcome = 16
    case exec, signal, put, get, sync, ping, power, farewell, stat, list, make
    case hello = 64
    case started, exit, error, done, file, leaving, going
  }

  enum Stream: UInt8 { case input, output, error }

  var session: UInt32
  var request: UInt32 = 0
  var kind: UInt8
  var stream: UInt8 = 0
  var length = 0

  /// Reads a header; nil if there is none at this place.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.headerSize, bytes.little(UInt32.self, at: 0) == Self.magic,
      bytes.little(UInt32.self, at: 20) == Self.check(bytes)
    else { return nil }
    session = bytes.little(UInt32.self, at: 4)
    request = bytes.little(UInt32.self, at: 8)
    kind = bytes[12]
    stream = bytes[13]
    length = Int(bytes.little(UInt32.self, at: 16))
    guard length <= Self.maximumBody else { return nil }
  }

  init(session: UInt32, request: UInt32, kind: Kind, stream: Stream = .input, length: Int) {
    self.session = session
    self.request = request
    self.kind = kind.rawValue
    self.stream = stream.rawValue
    self.length = length
  }

  /// Appends the header's bytes.
  func encode(into bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.appendLittle(Self.magic)
    bytes.appendLittle(session)
    bytes.appendLittle(request)
    bytes.append(kind)
    bytes.append(stream)
    bytes.appendLittle(UInt16(0))
    bytes.appendLittle(UInt32(length))
    let check = bytes.withUnsafeBytes { Self.check(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    bytes.appendLittle(check)
  }

  /// FNV-1a of the header but for its last field.
  private static func check(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    bytes.prefix(headerSize - 4).reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number; the caller has checked that it is there.
  func little<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// The same, 0 beyond the end: for what the guest sent.
  func littleOrZero<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
    offset + MemoryLayout<Number>.size <= count ? little(type, at: offset) : 0
  }

  /// The text in a field of fixed size, up to its first NUL.
  func text(at offset: Int, size: Int) -> String {
    guard offset < count else { return "" }
    let field = self[offset..<Swift.min(count, offset + size)]
    return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }
}

extension Array where Element == UInt8 {
  mutating func appendLittle(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// A field of a request's body: tag, length, bytes.
  mutating func appendField(_ tag: FieldTag, _ bytes: some Collection<UInt8>) {
    appendLittle(tag.rawValue)
    appendLittle(UInt32(bytes.count))
    append(contentsOf: bytes)
  }

  mutating func appendField(_ tag: FieldTag, number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { appendField(tag, $0) }
  }
}

enum FieldTag: UInt32 {
  case argument = 1
  case environment, folder, user, timeout, flags, window, path, mode, time, seed, target
}
