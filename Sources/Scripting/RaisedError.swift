/// An error of vmscript's as a script sees it after `pcall`: `tostring` and fields.
public final class RaisedError: ScriptObject {
  public static let typeName = "error"
  public static let fieldNames = ["kind", "machine", "message", "notes", "where"]
  public private(set) var error: ScriptError

  public init(_ error: ScriptError) { self.error = error }

  public var shown: String { error.text }

  /// A further line for its report.
  public func add(note: String) { error.notes.append(note) }

  public func field(_ key: Value) -> Value? {
    guard let name = key.text else { return nil }
    switch name {
    case "kind": return .string(error.kind.rawValue)
    case "message": return .string(error.message)
    case "machine": return error.machine.map { .string($0) } ?? .nil
    case "where": return error.place.map { .string($0.description) } ?? .nil
    case "notes": return .table(Table(positions: error.notes.map { .string($0) }))
    default:
      switch error.fields[name] {
      case .bytes(let bytes): return .string(bytes)
      case .integer(let number): return .integer(number)
      case .number(let number): return .number(number)
      case .named(let entries):
        let fields = entries.sorted { $0.key < $1.key }.map { ($0.key, Value.string($0.value)) }
        return .table(Table(fields: fields))
      case nil: return .nil
      }
    }
  }
}
