import Foundation
import Scripting

@testable import ProtoMessages

/// Protobuf's own compiler, which makes the descriptors and has the last word on bytes.
enum Protoc {
  static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Fixtures/Protos"

  static func run(_ arguments: [String], input: Data = Data()) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["protoc", "-I", folder] + arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: input)
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw WireError("protoc failed") }
    return output
  }

  static func schema(_ file: String) throws -> Schema {
    let schema = Schema()
    let set = try run(["--include_imports", "--descriptor_set_out=/dev/stdout", file])
    try schema.add(set: Array(set))
    return schema
  }

  /// The bytes of a message that is written as text.
  static func encode(_ text: String, _ type: String, _ file: String) throws -> [UInt8] {
    Array(try run(["--encode=\(type)", "--deterministic_output", file], input: Data(text.utf8)))
  }

  /// Bytes as text, each field on a line.
  static func decode(_ bytes: [UInt8], _ type: String, _ file: String) throws -> String {
    String(decoding: try run(["--decode=\(type)", file], input: Data(bytes)), as: UTF8.self)
  }
}

/// A message type with what protoc thinks of it.
struct Sample {
  let schema: Schema
  let type: MessageType
  let name: String
  let file: String

  init(_ name: String, _ file: String) throws {
    self.name = name
    self.file = file
    schema = try Protoc.schema(file)
    type = try schema.message(name)
  }

  /// What protoc reads in what we write, on one line.
  func text(_ value: Value) throws -> String {
    let bytes = try MessageEncoder.encode(value, as: type)
    let lines = try Protoc.decode(bytes, name, file).split(separator: "\n")
    return lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
  }

  /// What we read in what protoc writes.
  func value(_ text: String) throws -> Table {
    let value = try MessageDecoder.decode(try Protoc.encode(text, name, file), as: type)
    guard case .table(let table) = value else { throw WireError("no table") }
    return table
  }

  func error(_ value: Value) -> String {
    do throws(ScriptError) {
      _ = try MessageEncoder.encode(value, as: type)
      return "no error"
    } catch {
      return error.message
    }
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int64) { self = .integer(number) }
  public init(floatLiteral number: Double) { self = .number(number) }
  public init(booleanLiteral flag: Bool) { self = .boolean(flag) }
  public init(arrayLiteral values: Value...) { self = .table(Table(positions: values)) }
  public init(dictionaryLiteral fields: (String, Value)...) {
    self = .table(Table(fields: fields.map { ($0.0, $0.1) }))
  }

  /// As a script would write it.
  var written: String {
    switch self {
    case .string(let bytes):
      let isText = String(validating: bytes, as: UTF8.self) != nil
      return isText ? "\"\(text!)\"" : "bytes\(bytes)"
    case .table(let table):
      let parts =
        table.positions.map(\.written) + table.fields.map { "\($0.key)=\($0.value.written)" }
        + table.entries.map { "[\($0.key)]=\($0.value.written)" }
      return "{\(parts.joined(separator: ","))}"
    default: return shown
    }
  }
}
