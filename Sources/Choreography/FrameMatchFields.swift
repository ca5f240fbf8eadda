import Networks
import Scripting

/// `match = { protocol = "tcp", port = 80 }`, or a list of such tables.
extension FrameMatch {
  private static let fields = [
    "protocol", "type", "port", "source_port", "destination_port", "address", "source_address",
    "destination_address", "mac", "source", "destination", "vlan",
  ]
  private static let etherTypes: [String: UInt16] = ["arp": 0x0806, "ip": 0x0800, "ip6": 0x86dd]
  private static let ipProtocols: [String: UInt8] = [
    "tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "sctp": 132,
  ]

  static func list(_ fields: Fields) throws(ScriptError) -> [FrameMatch] {
    guard let table = try fields.table("match") else { return [] }
    let what = "\(fields.what): match"
    guard !table.positions.isEmpty else { return [try FrameMatch(table, of: what)] }
    guard table.fields.isEmpty else {
      throw .usage("\(what) is one table of fields, or a list of such tables")
    }
    var matches: [FrameMatch] = []
    for (index, value) in table.positions.enumerated() {
      guard case .table(let table) = value else {
        throw .usage("\(what)[\(index + 1)] wants a table of fields, got \(value.shown)")
      }
      matches.append(try FrameMatch(table, of: "\(what)[\(index + 1)]"))
    }
    return matches
  }

  private init(_ table: Table, of what: String) throws(ScriptError) {
    let fields = try Fields(table, of: what, known: Self.fields)
    guard !table.isEmpty else { throw .usage("\(what) is empty; leave it out for all frames") }
    self.init()
    if let name = try fields.string("protocol") {
      etherType = Self.etherTypes[name]
      ipProtocol = Self.ipProtocols[name]
      guard etherType != nil || ipProtocol != nil else {
        let known = (Array(Self.etherTypes.keys) + Array(Self.ipProtocols.keys)).sorted()
        throw fields.wrong("protocol", "one of " + known.joined(separator: ", "))
      }
    }
    if let type = try fields.integer("type", in: 0...0xffff).map({ UInt16($0) }) {
      let possible = ipProtocol == nil ? etherType.map { [$0] } : [0x0800, 0x86dd]
      guard possible?.contains(type) != false else {
        throw .usage("\(what): no frame of this 'protocol' has this 'type'")
      }
      etherType = type
    }
    port = try Self.port(fields, "port")
    sourcePort = try Self.port(fields, "source_port")
    destinationPort = try Self.port(fields, "destination_port")
    let hasPorts = port != nil || sourcePort != nil || destinationPort != nil
    if hasPorts, etherType == 0x0806 || ipProtocol == 1 || ipProtocol == 58 {
      throw .usage("\(what): no frame of this 'protocol' or 'type' has a port")
    }
    address = try Self.address(fields, "address")
    sourceAddress = try Self.address(fields, "source_address")
    destinationAddress = try Self.address(fields, "destination_address")
    mac = try Self.mac(fields, "mac")
    sourceMAC = try Self.mac(fields, "source")
    destinationMAC = try Self.mac(fields, "destination")
    vlan = try fields.integer("vlan", in: 0...4094).map { UInt16($0) }
  }

  private static func port(_ fields: Fields, _ name: String) throws(ScriptError) -> UInt16? {
    try fields.integer(name, in: 0...0xffff).map { UInt16($0) }
  }

  private static func address(
    _ fields: Fields, _ name: String
  ) throws(ScriptError) -> AddressRange? {
    guard let text = try fields.string(name) else { return nil }
    guard let range = AddressRange(text) else {
      throw fields.wrong(name, "an address or a range, such as '10.0.0.1' or '10.0.0.0/8'")
    }
    return range
  }

  private static func mac(_ fields: Fields, _ name: String) throws(ScriptError) -> UInt64? {
    guard let text = try fields.string(name) else { return nil }
    let octets = text.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = octets.compactMap {
      $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) ? UInt8($0, radix: 16) : nil
    }
    guard octets.count == 6, bytes.count == 6 else {
      throw fields.wrong(name, "a MAC address, such as '02:00:00:00:00:01'")
    }
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
