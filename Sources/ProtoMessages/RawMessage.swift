/// A message's fields by number, for the few messages whose types are known beforehand: the
/// descriptors themselves, and reflection.
struct RawMessage {
  private var numbers: [Int: UInt64] = [:]
  private var strings: [Int: [[UInt8]]] = [:]

  init(_ bytes: [UInt8]) throws(WireError) {
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      switch tag.type {
      case .varint: numbers[tag.number] = try reader.varint()
      case .bytes: strings[tag.number, default: []].append(Array(bytes[try reader.range()]))
      default: try reader.skip(tag, depth: 0)
      }
    }
  }

  private init() {}

  func number(_ field: Int) -> Int? { numbers[field].map { Int(truncatingIfNeeded: $0) } }

  func flag(_ field: Int) -> Bool { numbers[field] ?? 0 != 0 }

  func bytes(_ field: Int) -> [UInt8]? { strings[field]?.last }

  func text(_ field: Int) -> String? { bytes(field).map { String(decoding: $0, as: UTF8.self) } }

  func allBytes(_ field: Int) -> [[UInt8]] { strings[field] ?? [] }

  func texts(_ field: Int) -> [String] {
    allBytes(field).map { String(decoding: $0, as: UTF8.self) }
  }

  /// An absent message is an empty one. What came in several parts is one message.
  func message(_ field: Int) throws(WireError) -> RawMessage {
    guard let parts = strings[field] else { return RawMessage() }
    return try RawMessage(Array(parts.joined()))
  }

  func messages(_ field: Int) throws(WireError) -> [RawMessage] {
    var result: [RawMessage] = []
    for bytes in allBytes(field) { result.append(try RawMessage(bytes)) }
    return result
  }
}
