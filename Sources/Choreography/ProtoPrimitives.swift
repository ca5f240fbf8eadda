import ProtoMessages
import Scripting

/// `proto.load`, `proto.encode`, `proto.decode`.
enum ProtoPrimitives {
  static func load(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(call, 1, of: "proto.load", known: SchemaSource.fields)
    guard let source = try SchemaSource(fields, run) else {
      throw .usage("proto.load wants descriptors = \"x.binpb\" or proto = \"x.proto\"")
    }
    return try source.load(call) { call, schema in
      run.schemas.append(schema)
      return call.results(.object(SchemaObject(schema)))
    }
  }

  static func encode(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let type = try type(call, 1, "proto.encode", run.schemas)
    return call.results(.string(try MessageEncoder.encode(try call.value(2), as: type)))
  }

  static func decode(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let type = try type(call, 1, "proto.decode", run.schemas)
    return call.results(try decode(call, 2, "proto.decode", type))
  }

  /// The type that an argument names, in the newest schema that has it.
  static func type(
    _ call: Call, _ index: Int, _ what: String, _ schemas: [Schema]
  ) throws(ScriptError) -> MessageType {
    guard let name = call.text(index) else {
      throw .usage("\(what) wants the name of a message type, got \(call.typeName(index))")
    }
    guard let newest = schemas.last else {
      throw .usage("\(what) knows no types yet: load them with proto.load { proto = \"x.proto\" }")
    }
    let schema = schemas.last { $0.hasMessage(name) } ?? newest
    return try schema.message(name)
  }

  static func decode(
    _ call: Call, _ index: Int, _ what: String, _ type: MessageType
  ) throws(ScriptError) -> Value {
    guard let bytes = call.bytes(index) else {
      throw .usage("\(what) wants a message's bytes, got \(call.typeName(index))")
    }
    do throws(WireError) { return try MessageDecoder.decode(bytes, as: type) } catch {
      throw .usage("\(what): \(error.message)")
    }
  }
}
