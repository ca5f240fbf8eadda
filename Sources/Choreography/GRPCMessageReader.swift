import Scripting

/// `for message in stream:messages() do`: waits for each; ends with the stream.
final class GRPCMessageReader: ScriptObject {
  static let typeName = "messages"
  private let stream: GRPCStreamObject
  private let timeout: Double?

  init(_ stream: GRPCStreamObject, _ timeout: Double?) {
    self.stream = stream
    self.timeout = timeout
  }

  static var metamethods: [String: NativeFunction] {
    [
      "__call": { call throws(ScriptError) in
        guard let reader = call.object(1) as? GRPCMessageReader else { return 0 }
        return try reader.stream.read(call, reader.timeout)
      }
    ]
  }
}
