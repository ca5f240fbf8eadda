/// A message type of a schema, which owns it and has to outlive its use.
public final class MessageType {
  /// With its package: "etcdserverpb.PutRequest".
  public let name: String
  unowned let schema: Schema
  let isMapEntry: Bool
  let wellKnown: WellKnownType?
  let oneofs: [String]
  /// Sorted by number.
  private(set) var fields: [MessageField] = []
  private var indexByNumber: [Int: Int] = [:]
  private var indexByName: [String: Int] = [:]

  init(_ name: String, isMapEntry: Bool, oneofs: [String], schema: Schema) {
    self.name = name
    self.isMapEntry = isMapEntry
    self.oneofs = oneofs
    self.schema = schema
    wellKnown = WellKnownType(name)
  }

  /// Adds fields, the message's own or extensions. Of two with one number, the first counts.
  func add(_ more: [MessageField]) {
    fields += more.filter { indexByNumber[$0.number] == nil }
    fields.sort { $0.number < $1.number }
    for (index, field) in fields.enumerated() {
      indexByNumber[field.number] = index
      indexByName[field.name] = index
    }
  }

  func index(ofNumber number: Int) -> Int? { indexByNumber[number] }
  func index(ofName name: String) -> Int? { indexByName[name] }
  func field(_ number: Int) -> MessageField? { indexByNumber[number].map { fields[$0] } }
}
