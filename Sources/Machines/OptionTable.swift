import Processes

/// A table of a script that stands for one QEMU option, such as
/// `user,hostfwd=a,hostfwd=b,id=net0,readonly=on`.
public struct OptionTable: Sendable {
  public indirect enum Value: Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    /// `on` or `off`.
    case bool(Bool)
    /// Repeats its key; an empty one is the bare key.
    case list([Value])
    case resource(Resource)
  }

  /// A resource, which becomes its descriptor, its id or its forwards.
  public enum Resource: Sendable {
    case cable(CableEnd)
    case tpm(TPM)
    case ports(PortMap)
  }

  /// Values without a key; they come first.
  public var positions: [Value] = []
  public var keys: [(name: String, value: Value)] = []
  /// False: keys are sorted, since a Lua table has no order. True for an array of pairs.
  public var keepsOrder = false

  public init(
    positions: [Value] = [], keys: [(name: String, value: Value)] = [], keepsOrder: Bool = false
  ) {
    self.positions = positions
    self.keys = keys
    self.keepsOrder = keepsOrder
  }

  /// The keys in the order in which they are written.
  var ordered: [(name: String, value: Value)] {
    keepsOrder ? keys : keys.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// As one argument; `descriptor` gives the name under which a cable's end is passed.
  public func encoded(descriptor: (CableEnd) -> String = { $0.label }) -> Argument {
    var parts = positions.flatMap { Self.parts(nil, $0, descriptor) }
    for (name, value) in ordered { parts += Self.parts(name, value, descriptor) }
    return Argument(joining: parts)
  }

  private static func parts(
    _ name: String?, _ value: Value, _ descriptor: (CableEnd) -> String
  ) -> [Argument] {
    func pair(_ value: Argument) -> [Argument] {
      if let name { ["\(name)=\(value)"] } else { [value] }
    }
    switch value {
    case .text(let text): return pair(Argument(escapeCommas(text)))
    case .integer(let integer): return pair(Argument(String(integer)))
    case .number(let number): return pair(Argument(number.description))
    case .bool(let bool): return pair(bool ? "on" : "off")
    case .list(let values):
      if values.isEmpty { return name.map { [Argument($0)] } ?? [] }
      var parts: [Argument] = []
      for value in values { parts += Self.parts(name, value, descriptor) }
      return parts
    case .resource(.cable(let end)): return pair("\(descriptor: descriptor(end))")
    case .resource(.tpm): return pair(Argument(tpmName(name)))
    case .resource(.ports(let ports)): return ports.forwards().flatMap { pair(Argument($0)) }
    }
  }

  /// The machine's `tpm` field makes the TPM's chardev and backend; raw arguments refer to them.
  private static func tpmName(_ key: String?) -> String { key == "chardev" ? "chrtpm" : "tpm0" }

  /// QEMU's option parser takes two commas for one (util/qemu-option.c, get_opt_value).
  static func escapeCommas(_ text: String) -> String {
    text.utf8.contains(UInt8(ascii: ","))
      ? text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,") : text
  }
}

/// One of the arguments that a script adds as they are.
public enum RawArgument: Sendable {
  case text(String)
  case options(OptionTable)
}

extension Argument {
  /// The parts with commas between them.
  init(joining parts: [Argument]) {
    var pieces: [Piece] = []
    for part in parts {
      if !pieces.isEmpty { pieces.append(.text(",")) }
      pieces += part.pieces
    }
    self.init(pieces: pieces)
  }
}
