/// What a `FieldDescriptorProto` says.
struct FieldDescriptor {
  let name: String
  let extendee: String
  let number: Int
  let label: Int
  let kind: FieldKind
  let typeName: String
  let defaultText: [UInt8]?
  let oneof: Int?
  let isProto3Optional: Bool
  let isPacked: Bool?
  let features: RawMessage

  init(_ raw: RawMessage) throws(WireError) {
    name = raw.text(1) ?? ""
    extendee = Self.withoutDot(raw.text(2) ?? "")
    number = raw.number(3) ?? 0
    label = raw.number(4) ?? 1
    guard let kind = FieldKind(rawValue: raw.number(5) ?? 0) else {
      throw WireError("field '\(name)' has type \(raw.number(5) ?? 0), which does not exist")
    }
    guard number > 0, number < 1 << 29 else {
      throw WireError("field '\(name)' has number \(number)")
    }
    self.kind = kind
    typeName = Self.withoutDot(raw.text(6) ?? "")
    defaultText = raw.bytes(7)
    let options = try raw.message(8)
    isPacked = options.number(2).map { $0 != 0 }
    features = try options.message(21)
    oneof = raw.number(9)
    isProto3Optional = raw.flag(17)
  }

  /// Names of types are absolute in descriptors, with a dot before them.
  static func withoutDot(_ name: String) -> String {
    name.hasPrefix(".") ? String(name.dropFirst()) : name
  }
}
