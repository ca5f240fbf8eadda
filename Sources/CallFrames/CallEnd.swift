/// How a call ended.
public struct CallEnd: Sendable, Hashable {
  /// gRPC's status code, 0 for success.
  public var code: Int
  public var message: String
  /// The server's trailing metadata.
  public var trailers: CallMetadata

  public init(code: Int, message: String, trailers: CallMetadata = CallMetadata()) {
    self.code = code
    self.message = message
    self.trailers = trailers
  }

  public init?(_ body: [UInt8]) {
    var reader = FrameReader(body)
    guard let code = reader.number(), let message = reader.text(),
      let trailers = CallMetadata(&reader)
    else { return nil }
    self.init(code: Int(code), message: message, trailers: trailers)
  }

  public var encoded: [UInt8] {
    var writer = FrameWriter()
    writer.number(UInt32(clamping: code))
    writer.counted(message.utf8)
    trailers.write(&writer)
    return writer.bytes
  }

  /// The code's name, as gRPC's documents have it: "NOT_FOUND".
  public var status: String {
    let names = [
      "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
      "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
      "UNAUTHENTICATED",
    ]
    return names.indices.contains(code) ? names[code] : "CODE_\(code)"
  }
}
