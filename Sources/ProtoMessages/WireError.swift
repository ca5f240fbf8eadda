/// Why bytes are not the message that they should be.
public struct WireError: Error, Sendable, Hashable {
  public var message: String

  public init(_ message: String) { self.message = message }

  static let cutShort = WireError("the message is cut short")
}
