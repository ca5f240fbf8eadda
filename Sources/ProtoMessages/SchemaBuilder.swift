import Scripting

/// Makes a schema's types from a `FileDescriptorProto`: first all of them, then what is in them,
/// since types name each other.
final class SchemaBuilder {
  private static let maximumDepth = 64

  private struct Pending {
    var type: MessageType
    var fields: [FieldDescriptor]
    var features: SchemaFeatures
  }
  private let schema: Schema
  private let features: SchemaFeatures
  private let services: [(String, RawMessage)]
  private var pending: [Pending] = []
  private var extensions: [(scope: String, descriptor: FieldDescriptor)] = []

  init(_ file: RawMessage, in schema: Schema) throws(WireError) {
    self.schema = schema
    let features = SchemaFeatures(syntax: file.text(12) ?? "proto2")
    self.features = features.applying(try file.message(8).message(50))
    let package = file.text(2) ?? ""
    var services: [(String, RawMessage)] = []
    for service in try file.messages(6) {
      services.append((Self.join(package, service.text(1) ?? ""), service))
    }
    self.services = services
    for type in try file.messages(4) { try add(type, in: package, self.features, depth: 0) }
    for type in try file.messages(5) { try addEnum(type, in: package) }
    try addExtensions(file.messages(7), in: package)
  }

  private static func join(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }

  private func add(
    _ raw: RawMessage, in scope: String, _ outer: SchemaFeatures, depth: Int
  ) throws(WireError) {
    guard depth < Self.maximumDepth else { throw WireError("types are nested too deeply") }
    let name = Self.join(scope, raw.text(1) ?? "")
    let options = try raw.message(7)
    let features = outer.applying(try options.message(12))
    let type = MessageType(
      name, isMapEntry: options.flag(7), oneofs: try raw.messages(8).map { $0.text(1) ?? "" },
      schema: schema)
    var fields: [FieldDescriptor] = []
    for field in try raw.messages(2) { fields.append(try FieldDescriptor(field)) }
    schema.add(type)
    pending.append(Pending(type: type, fields: fields, features: features))
    for inner in try raw.messages(3) { try add(inner, in: name, features, depth: depth + 1) }
    for inner in try raw.messages(4) { try addEnum(inner, in: name) }
    try addExtensions(raw.messages(6), in: name)
  }

  private func addEnum(_ raw: RawMessage, in scope: String) throws(WireError) {
    schema.add(try EnumType(Self.join(scope, raw.text(1) ?? ""), raw))
  }

  private func addExtensions(_ raws: [RawMessage], in scope: String) throws(WireError) {
    for raw in raws { extensions.append((scope, try FieldDescriptor(raw))) }
  }

  /// Fills the types, now that all that they may name are there.
  func finish() throws(WireError) {
    for one in pending {
      // An optional of proto3 is written as a oneof of its own.
      let synthetic = Set(one.fields.filter(\.isProto3Optional).compactMap(\.oneof))
      var fields: [MessageField] = []
      for descriptor in one.fields {
        fields.append(try field(descriptor, one.features, synthetic))
      }
      one.type.add(fields)
    }
    for (scope, descriptor) in extensions {
      let type = try schema.demandMessage(descriptor.extendee)
      let name = "[\(Self.join(scope, descriptor.name))]"
      type.add([try field(descriptor, features, [], name: name)])
    }
    for (name, raw) in services { try addService(name, raw) }
  }

  private func field(
    _ descriptor: FieldDescriptor, _ features: SchemaFeatures, _ synthetic: Set<Int>,
    name: String? = nil
  ) throws(WireError) -> MessageField {
    let field = MessageField(
      descriptor, features.applying(descriptor.features), in: synthetic, name: name)
    switch field.kind {
    case .message, .group: field.message = try schema.demandMessage(field.typeName)
    case .enumeration: field.enumeration = try schema.demandEnum(field.typeName)
    default: break
    }
    if let text = descriptor.defaultText { field.declaredDefault = DefaultText.value(text, field) }
    return field
  }

  private func addService(_ name: String, _ raw: RawMessage) throws(WireError) {
    var methods: [String: ServiceMethod] = [:]
    for method in try raw.messages(2) {
      let methodName = method.text(1) ?? ""
      methods[methodName] = ServiceMethod(
        path: "\(name)/\(methodName)",
        request: try schema.demandMessage(FieldDescriptor.withoutDot(method.text(2) ?? "")),
        reply: try schema.demandMessage(FieldDescriptor.withoutDot(method.text(3) ?? "")),
        takesStream: method.flag(5), givesStream: method.flag(6), schema: schema)
    }
    schema.add(methods, to: name)
  }
}
