/// A method of a service; keeps its types alive.
public struct ServiceMethod {
  /// "etcdserverpb.KV/Put"
  public let path: String
  public let request: MessageType
  public let reply: MessageType
  public let takesStream: Bool
  public let givesStream: Bool
  /// Owns the types.
  let schema: Schema
}
