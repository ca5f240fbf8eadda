import ProtoMessages
import Scripting

/// What `proto.load` returns: message types and services.
final class SchemaObject: ScriptObject {
  static let typeName = "schema"
  let schema: Schema

  init(_ schema: Schema) { self.schema = schema }

  static var methods: [String: NativeFunction] {
    [
      "encode": { call throws(ScriptError) in
        let type = try ProtoPrimitives.type(call, 2, "encode", [of(call).schema])
        return call.results(.string(try MessageEncoder.encode(try call.value(3), as: type)))
      },
      "decode": { call throws(ScriptError) in
        let type = try ProtoPrimitives.type(call, 2, "decode", [of(call).schema])
        return call.results(try ProtoPrimitives.decode(call, 3, "decode", type))
      },
    ]
  }

  private static func of(_ call: Call) -> SchemaObject { call.object(1) as! SchemaObject }
}
