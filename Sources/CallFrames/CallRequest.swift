/// A call to be made.
public struct CallRequest: Sendable, Hashable {
  /// An IPv4 address of the host.
  public var address: String
  public var port: UInt16
  /// "package.Service", "Method".
  public var service: String
  public var method: String
  /// Milliseconds that the server has, as it is told; 0 for no limit.
  public var timeout: UInt32 = 0
  /// The longest message to take, in bytes.
  public var messageLimit: UInt32 = 4 << 20
  /// The one message that is sent; nil if a stream of them is.
  public var message: [UInt8]?
  /// The answer is one message: it, the metadata and the end may come together.
  public var isSingleReply = false
  public var metadata = CallMetadata()

  public init(address: String, port: UInt16, service: String, method: String) {
    self.address = address
    self.port = port
    self.service = service
    self.method = method
  }

  public init?(_ body: [UInt8]) {
    var reader = FrameReader(body)
    guard let address = reader.text(), let port = reader.number(), let service = reader.text(),
      let method = reader.text(), let timeout = reader.number(), let limit = reader.number(),
      let flags = reader.byte(), let message = reader.counted(),
      let metadata = CallMetadata(&reader)
    else { return nil }
    self.init(
      address: address, port: UInt16(truncatingIfNeeded: port), service: service, method: method)
    self.timeout = timeout
    messageLimit = limit
    self.message = flags & 1 != 0 ? message : nil
    isSingleReply = flags & 2 != 0
    self.metadata = metadata
  }

  public var encoded: [UInt8] {
    var writer = FrameWriter(capacity: 128 + (message?.count ?? 0))
    writer.counted(address.utf8)
    writer.number(UInt32(port))
    writer.counted(service.utf8)
    writer.counted(method.utf8)
    writer.number(timeout)
    writer.number(messageLimit)
    writer.byte((message == nil ? 0 : 1) | (isSingleReply ? 2 : 0))
    writer.counted(message ?? [])
    metadata.write(&writer)
    return writer.bytes
  }
}
