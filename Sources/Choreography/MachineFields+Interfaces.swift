import Machines
import Scripting

/// The field `net`.
extension MachineFields {
  mutating func readInterfaces() throws(ScriptError) {
    for (index, value) in (try fields.table("net")?.positions ?? []).enumerated() {
      let what = "\(fields.what): net[\(index + 1)]"
      if try addInterface(value, mac: nil) { continue }
      guard case .table(let table) = value, let first = table.positions.first else {
        throw wrongInterface(what, value)
      }
      let net = try Fields(table, of: what, known: ["name", "address", "mac"])
      guard try addInterface(first, mac: try net.string("mac")) else {
        throw wrongInterface(what, value)
      }
      let address = try net.string("address")
      if let address, !Self.isAddress(address) {
        throw net.wrong("address", "an IPv4 address with its prefix, such as '10.0.1.1/24'")
      }
      let name = try net.string("name")
      if let name, !Self.isInterfaceName(name) {
        throw net.wrong("name", "an interface's name: 1 to 15 letters, digits, '.', '_' and '-'")
      }
      if name != nil || address != nil { addresses.append((index, address, name)) }
    }
  }

  private func wrongInterface(_ what: String, _ value: Value) -> ScriptError {
    .usage(
      "\(what) wants a cable's end or a network, or { end, name =, address =, mac = }, got"
        + " \(value.shown)")
  }

  /// False if the value is nothing that an interface could lead to.
  private mutating func addInterface(_ value: Value, mac: String?) throws(ScriptError) -> Bool {
    if let end = cableEnd(value) {
      specification.interfaces.append(.init(end, mac: mac))
      return true
    }
    guard case .object(let object) = value else { return false }
    var port = object as? NetworkPortObject
    if let network = object as? NetworkObject { port = try network.addPort(specification.name) }
    guard let port else { return false }
    if let cable = port.cable {
      throw .usage(
        "\(fields.what): \(port.shown) has a cable in it, '\(cable.end.label)': give the machine"
          + " the cable's other end")
    }
    networkPorts.append(port)
    specification.interfaces.append(.init(port.port, mac: mac ?? port.mac))
    return true
  }

  /// Linux takes more; these stand for themselves on a kernel's command line.
  private static func isInterfaceName(_ name: String) -> Bool {
    (1...15).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "._-".utf8.contains($0)
      }
  }

  /// `a.b.c.d/prefix`.
  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
      && (UInt8(parts[1]).map { $0 <= 32 } ?? false)
  }
}
