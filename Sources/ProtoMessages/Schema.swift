import Scripting

/// Message types, enums and services, known by their descriptors. Belongs to the script's thread.
public final class Schema {
  private(set) var messages: [String: MessageType] = [:]
  private var enums: [String: EnumType] = [:]
  /// By service, then by method.
  private var services: [String: [String: ServiceMethod]] = [:]
  private var files: Set<String> = []

  public init() {}

  /// Adds the files of a serialized `FileDescriptorSet`.
  public func add(set bytes: [UInt8]) throws(ScriptError) {
    do throws(WireError) {
      let files = try RawMessage(bytes).allBytes(1)
      guard !files.isEmpty else { throw WireError("there is no file in it") }
      try add(files)
    } catch {
      throw .usage("this is no descriptor set: \(error.message)")
    }
  }

  /// Adds serialized `FileDescriptorProto`s, in any order; those that are there already are passed
  /// over.
  public func add(files all: [[UInt8]]) throws(ScriptError) {
    do throws(WireError) { try add(all) } catch {
      throw .usage("these are no descriptors: \(error.message)")
    }
  }

  /// The names of files that these import and that are neither among them nor `known`.
  static func missingImports(
    of all: [[UInt8]], beside known: Set<String>
  ) throws(WireError) -> [String] {
    var known = known
    var wanted: [String] = []
    for bytes in all {
      let file = try RawMessage(bytes)
      known.insert(file.text(1) ?? "")
      wanted += file.texts(3)
    }
    var missing: Set<String> = []
    return wanted.filter { !known.contains($0) && missing.insert($0).inserted }
  }

  private func add(_ all: [[UInt8]]) throws(WireError) {
    if let missing = try Self.missingImports(of: all, beside: files).first {
      throw WireError(
        "'\(missing)' is imported and not in it (protoc adds it with --include_imports)")
    }
    var builders: [SchemaBuilder] = []
    for bytes in all {
      let file = try RawMessage(bytes)
      guard files.insert(file.text(1) ?? "").inserted else { continue }
      builders.append(try SchemaBuilder(file, in: self))
    }
    // All types are there: fields and methods find theirs.
    for builder in builders { try builder.finish() }
  }

  func add(_ type: MessageType) { messages[type.name] = type }
  func add(_ type: EnumType) { enums[type.name] = type }
  func add(_ methods: [String: ServiceMethod], to service: String) { services[service] = methods }

  func demandMessage(_ name: String) throws(WireError) -> MessageType {
    guard let type = messages[name] else { throw WireError("there is no message type '\(name)'") }
    return type
  }

  func demandEnum(_ name: String) throws(WireError) -> EnumType {
    guard let type = enums[name] else { throw WireError("there is no enum '\(name)'") }
    return type
  }

  // MARK: What scripts ask for

  /// By its full name, or by the end of it if that is one type's alone.
  public func message(_ name: String) throws(ScriptError) -> MessageType {
    if let type = messages[FieldDescriptor.withoutDot(name)] { return type }
    let known = messages.values.filter { !$0.isMapEntry }.map(\.name)
    if let only = Self.only(known, endingIn: name) { return messages[only]! }
    throw .usage("there is no message type '\(name)'" + Self.hint(name, known))
  }

  public var isEmpty: Bool { files.isEmpty }

  public func hasMessage(_ name: String) -> Bool {
    messages[FieldDescriptor.withoutDot(name)] != nil
      || Self.only(messages.keys.map { $0 }, endingIn: name) != nil
  }

  public var serviceNames: [String] { services.keys.sorted() }

  public func hasService(_ name: String) -> Bool { service(name) != nil }

  /// The methods of a service, sorted.
  public func methods(of service: String) -> [String] { services[service]?.keys.sorted() ?? [] }

  private func service(_ name: String) -> String? {
    services[name] != nil ? name : Self.only(serviceNames, endingIn: name)
  }

  public func method(_ name: MethodName) throws(ScriptError) -> ServiceMethod {
    guard let service = service(name.service) else {
      throw .usage("there is no service '\(name.service)'" + Self.hint(name.service, serviceNames))
    }
    let methods = services[service]!
    guard let method = methods[name.method] else {
      throw .usage(
        "service \(service) has no method '\(name.method)'"
          + Self.hint(name.method, methods.keys.map { $0 }))
    }
    return method
  }

  private static func only(_ known: [String], endingIn name: String) -> String? {
    let found = known.filter { $0.hasSuffix("." + name) }
    return found.count == 1 ? found[0] : nil
  }

  /// The nearest name; all of them only if they are few.
  static func hint(_ name: String, _ known: [String]) -> String {
    let hint = Spelling.hint(name, among: known.sorted())
    return known.count > 12 && hint.hasPrefix("; known") ? "" : hint
  }
}
