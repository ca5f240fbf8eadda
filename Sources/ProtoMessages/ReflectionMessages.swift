/// What is asked of a server's reflection service (grpc.reflection.v1, and v1alpha with the same
/// messages), and what it answers.
public enum ReflectionMessages {
  /// The method in its versions, the newest first.
  public static let methods = [
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
  ]

  public enum Question: Sendable {
    case file(named: String)
    case fileContaining(symbol: String)
    case services

    public var encoded: [UInt8] {
      var writer = WireWriter()
      let (number, text) =
        switch self {
        case .file(let name): (3, name)
        case .fileContaining(let symbol): (4, symbol)
        case .services: (7, "*")
        }
      writer.tag(number, .bytes)
      writer.counted(Array(text.utf8))
      return writer.bytes
    }
  }

  public enum Answer: Sendable {
    /// Serialized descriptors.
    case files([[UInt8]])
    case services([String])
    case error(code: Int, message: String)
  }

  public static func answer(_ bytes: [UInt8]) throws(WireError) -> Answer {
    let raw = try RawMessage(bytes)
    if raw.bytes(7) != nil {
      let error = try raw.message(7)
      return .error(code: error.number(1) ?? 0, message: error.text(2) ?? "")
    }
    if raw.bytes(6) != nil {
      return .services(try raw.message(6).messages(1).compactMap { $0.text(1) })
    }
    return .files(try raw.message(4).allBytes(1))
  }

  /// The names of the files that these files import and that are not among them.
  public static func missingImports(of files: [[UInt8]]) throws(WireError) -> [String] {
    try Schema.missingImports(of: files, beside: [])
  }
}
