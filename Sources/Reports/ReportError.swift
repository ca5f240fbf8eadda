import Glibc

/// Why no report can be made.
public struct ReportError: Error, Sendable {
  public enum Kind: Sendable {
    /// What was named is no record, or none that this version can read.
    case noRecord
    /// A file cannot be read or written.
    case failed
  }
  public var kind: Kind
  public var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  static func system(_ what: String, _ code: Int32) -> ReportError {
    ReportError(.failed, "\(what): \(String(cString: strerror(code)))")
  }
}
