import Scripting

/// A field of a message type.
final class MessageField {
  let name: String
  let number: Int
  let kind: FieldKind
  let isRepeated: Bool
  let isRequired: Bool
  /// A value that is absent is told from one that is zero.
  let hasPresence: Bool
  let isPacked: Bool
  let validatesUTF8: Bool
  /// Its position among the type's oneofs, if it is a member of one that was written as such.
  let oneof: Int?
  /// What the schema declares as its default.
  var declaredDefault: Value?
  /// The full name of its message or enum type.
  let typeName: String
  unowned var message: MessageType?
  unowned var enumeration: EnumType?

  init(
    _ descriptor: FieldDescriptor, _ features: SchemaFeatures, in syntheticOneofs: Set<Int>,
    name: String? = nil
  ) {
    self.name = name ?? descriptor.name
    number = descriptor.number
    let isGroup = descriptor.kind == .message && features.isDelimited
    kind = isGroup ? .group : descriptor.kind
    isRepeated = descriptor.label == 3
    isRequired = descriptor.label == 2 || features.isRequired
    oneof = descriptor.oneof.flatMap { syntheticOneofs.contains($0) ? nil : $0 }
    let isMessage = kind == .message || kind == .group
    hasPresence = !isRepeated && (isMessage || descriptor.oneof != nil || features.hasPresence)
    isPacked = isRepeated && kind.isPackable && (descriptor.isPacked ?? features.isPacked)
    validatesUTF8 = features.validatesUTF8
    typeName = descriptor.typeName
  }

  var isMap: Bool { isRepeated && message?.isMapEntry == true }

  /// What stands for a value that is not there; nil if nothing does.
  var absence: Value? {
    if isRepeated { return .table(Table()) }
    if let declaredDefault { return declaredDefault }
    if hasPresence || isRequired { return nil }
    return zero
  }

  /// A scalar's zero; a message's is an empty table.
  var zero: Value {
    switch kind {
    case .double, .float: .number(0)
    case .bool: .boolean(false)
    case .string, .bytes: .string([])
    case .enumeration: enumeration?.value(0) ?? .integer(0)
    case .message, .group: .table(Table())
    default: .integer(0)
    }
  }
}
