import Scripting

/// An enum of a schema.
final class EnumType {
  let name: String
  /// In the order of the schema.
  let names: [String]
  private let numbers: [String: Int32]
  private let namesByNumber: [Int32: Value]

  init(_ name: String, _ descriptor: RawMessage) throws(WireError) {
    self.name = name
    var names: [String] = []
    var numbers: [String: Int32] = [:]
    var namesByNumber: [Int32: Value] = [:]
    for value in try descriptor.messages(2) {
      let number = Int32(truncatingIfNeeded: value.number(2) ?? 0)
      let name = value.text(1) ?? ""
      names.append(name)
      numbers[name] = number
      // Of several names for a number, the first is meant.
      if namesByNumber[number] == nil { namesByNumber[number] = .string(name) }
    }
    self.names = names
    self.numbers = numbers
    self.namesByNumber = namesByNumber
  }

  func number(_ name: String) -> Int32? { numbers[name] }

  /// The name of a number, or the number if it has none.
  func value(_ number: Int32) -> Value { namesByNumber[number] ?? .integer(Int64(number)) }
}
