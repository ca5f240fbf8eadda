import CallFrames
import Scripting

/// `{ timeout = 5, metadata = { … } }`: of a client for all its calls, or of one call.
struct CallOptions {
  static let fields = ["timeout", "metadata"]

  /// Seconds; nil for the default.
  var timeout: Double?
  var metadata = CallMetadata()

  init(_ fields: Fields) throws(ScriptError) {
    timeout = try fields.seconds("timeout")
    for (name, value) in try fields.table("metadata")?.fields ?? [] {
      let values: [Value]
      if case .table(let list) = value { values = list.positions } else { values = [value] }
      for value in values {
        metadata.entries.append(.init(try Self.name(name), try Self.bytes(value, name)))
      }
    }
  }

  /// These, and what they leave open from the client's.
  func over(_ defaults: CallOptions) -> CallOptions {
    var result = self
    result.timeout = timeout ?? defaults.timeout
    let names = Set(metadata.entries.map(\.name))
    result.metadata.entries += defaults.metadata.entries.filter { !names.contains($0.name) }
    return result
  }

  /// HTTP/2 has names in lower case; gRPC keeps some for itself.
  private static func name(_ text: String) throws(ScriptError) -> String {
    let name = text.lowercased()
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || [0x2d, 0x2e, 0x5f].contains($0)
      }
    guard isName else {
      throw .usage("metadata has names of letters, digits, '-', '_' and '.', got '\(text)'")
    }
    guard !name.hasPrefix("grpc-"), name != "content-type", name != "te" else {
      throw .usage("metadata '\(name)' is gRPC's own")
    }
    return name
  }

  private static func bytes(_ value: Value, _ name: String) throws(ScriptError) -> [UInt8] {
    guard let bytes = value.bytes else {
      throw .usage("metadata '\(name)' wants a string or a list of strings, got \(value.shown)")
    }
    let isText = bytes.allSatisfy { (0x20...0x7e).contains($0) }
    guard isText || name.lowercased().hasSuffix("-bin") else {
      throw .usage(
        "metadata '\(name)' wants printable ASCII; a name that ends in -bin takes any bytes")
    }
    return bytes
  }
}

extension CallMetadata {
  /// As scripts read it: a string for each name, a list of them for one that comes more than once.
  var value: Value {
    var names: [String] = []
    var values: [String: [Value]] = [:]
    for entry in entries {
      if values[entry.name] == nil { names.append(entry.name) }
      values[entry.name, default: []].append(.string(entry.value))
    }
    return .table(
      Table(
        fields: names.map { name in
          let all = values[name]!
          return (name, all.count == 1 ? all[0] : .table(Table(positions: all)))
        }))
  }

  /// The same for an error's field; what comes more than once is joined as HTTP joins it.
  var joined: [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for entry in entries {
      if let before = result[entry.name] {
        result[entry.name] = before + Array(", ".utf8) + entry.value
      } else {
        result[entry.name] = entry.value
      }
    }
    return result
  }
}
