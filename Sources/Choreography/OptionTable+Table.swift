import Machines
import Scripting

extension OptionTable {
  /// A table of a script as one QEMU option.
  init(_ table: Table) throws(ScriptError) {
    self.init()
    let pairs = table.positions.compactMap { value -> (String, Scripting.Value)? in
      guard case .table(let pair) = value, pair.positions.count == 2, pair.fields.isEmpty,
        case .string = pair.positions[0], let name = pair.positions[0].text
      else { return nil }
      return (name, pair.positions[1])
    }
    if !pairs.isEmpty && pairs.count == table.positions.count && table.fields.isEmpty {
      keepsOrder = true
      for (name, value) in pairs { keys.append((name, try Self.value(value, name))) }
      return
    }
    for value in table.positions { positions.append(try Self.value(value, "a position")) }
    for (name, value) in table.fields { keys.append((name, try Self.value(value, name))) }
  }

  /// Whether there are resources in it that are not cables' ends.
  var hasOtherResources: Bool {
    func isOther(_ value: Value) -> Bool {
      switch value {
      case .resource(.tpm), .resource(.ports): true
      case .list(let values): values.contains(where: isOther)
      default: false
      }
    }
    return positions.contains(where: isOther) || keys.contains { isOther($0.value) }
  }

  private static func value(_ value: Scripting.Value, _ name: String) throws(ScriptError) -> Value {
    switch value {
    case .string: return .text(value.text!)
    case .boolean(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .number(let number): return .number(number)
    case .table(let table) where table.fields.isEmpty && table.entries.isEmpty:
      var values: [Value] = []
      for element in table.positions { values.append(try Self.value(element, name)) }
      return .list(values)
    case .object(let object):
      if let end = object as? CableEndObject { return .resource(.cable(end.end)) }
      if let tpm = object as? TPMObject { return .resource(.tpm(tpm.tpm)) }
      if let ports = object as? PortMapObject { return .resource(.ports(ports.ports)) }
      throw .usage("a QEMU option cannot take a \(value.typeName) (\(name))")
    default: throw .usage("a QEMU option cannot take \(value.shown) (\(name))")
    }
  }
}
