/// Why a run's record cannot be kept.
public struct RecordError: Error, Sendable {
  public var message: String

  public init(_ message: String) { self.message = message }
}
