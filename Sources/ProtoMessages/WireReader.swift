/// Reads protobuf's wire format from bytes that nobody vouches for: it throws, and never traps.
struct WireReader {
  struct Tag {
    var number: Int
    var type: WireType
  }

  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

  /// Reads a part of `bytes`.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position >= end }

  mutating func tag() throws(WireError) -> Tag {
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else {
      throw WireError("\(key >> 3) is no field number")
    }
    guard let type = WireType(rawValue: UInt8(key & 7)) else {
      throw WireError("field \(key >> 3) has wire type \(key & 7), which does not exist")
    }
    return Tag(number: Int(key >> 3), type: type)
  }

  mutating func varint() throws(WireError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      // The tenth byte has room for one bit; what is more is dropped, as everywhere.
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { throw WireError("an integer is longer than ten bytes") }
    }
    throw .cutShort
  }

  mutating func fixed32() throws(WireError) -> UInt32 { UInt32(try fixed(4)) }

  mutating func fixed64() throws(WireError) -> UInt64 { try fixed(8) }

  private mutating func fixed(_ size: Int) throws(WireError) -> UInt64 {
    guard end - position >= size else { throw .cutShort }
    var result: UInt64 = 0
    for index in (0..<size).reversed() { result = result << 8 | UInt64(bytes[position + index]) }
    position += size
    return result
  }

  /// The place of a length and the bytes that it counts.
  mutating func range() throws(WireError) -> Range<Int> {
    let count = try varint()
    guard count <= UInt64(end - position) else { throw .cutShort }
    let range = position..<(position + Int(count))
    position = range.upperBound
    return range
  }

  /// The place of a group's body; goes on behind its end.
  mutating func group(_ number: Int, depth: Int) throws(WireError) -> Range<Int> {
    let start = position
    while true {
      let before = position
      let tag = try tag()
      if tag.type == .endGroup {
        guard tag.number == number else { throw WireError("group \(number) has a foreign end") }
        return start..<before
      }
      try skip(tag, depth: depth)
    }
  }

  /// Passes over a field whose tag was read.
  mutating func skip(_ tag: Tag, depth: Int) throws(WireError) {
    switch tag.type {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .fixed32: _ = try fixed32()
    case .bytes: _ = try range()
    case .startGroup:
      guard depth < MessageDecoder.maximumDepth else { throw MessageDecoder.tooDeep }
      _ = try group(tag.number, depth: depth + 1)
    case .endGroup: throw WireError("a group ends that did not begin")
    }
  }
}
