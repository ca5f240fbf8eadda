import Scripting
import Testing

@testable import ProtoMessages

/// Bytes from anybody: an error or a table, in bounded time and memory.
@Suite struct UntrustedTests {
  let sample: Sample
  init() throws { sample = try Sample("shapes.v1.Everything", "shapes.proto") }

  /// What a type does not know comes back as it was, also through a table.
  @Test func unknownFieldsAreKept() throws {
    let later = #"value: 5 unit: "m" more: [1, 2]"#
    let bytes = try Protoc.encode(later, "shapes.v1.LaterNumber", "shapes.proto")
    let number = try Sample("shapes.v1.Number", "shapes.proto")
    let value = try MessageDecoder.decode(bytes, as: number.type)
    guard case .table(let table) = value else { throw WireError("no table") }
    #expect(table["value"].written == "5")
    #expect(try MessageEncoder.encode(value, as: number.type) == bytes)
    // A field of a wire type that is not its own is unknown too.
    let odd: [UInt8] = [0x0a, 1, 0x41]
    #expect(
      try MessageEncoder.encode(try MessageDecoder.decode(odd, as: number.type), as: number.type)
        == odd)
  }

  @Test func nestingIsBounded() throws {
    // Messages in messages, and groups in groups that nobody knows.
    var body: [UInt8] = []
    for _ in 0..<200 {
      var outer = WireWriter()
      outer.tag(2, .bytes)
      outer.counted(body)
      body = outer.bytes
    }
    var message = WireWriter()
    message.tag(11, .bytes)
    message.counted(body)
    let groups = [UInt8](repeating: 0xa3, count: 1) + [0x06]
    let many = Array(repeating: groups, count: 100_000).flatMap { $0 }
    for bytes in [message.bytes, many] {
      let error = #expect(throws: WireError.self) {
        try MessageDecoder.decode(bytes, as: sample.type)
      }
      #expect(error?.message.contains("nested deeper than 100 levels") == true)
    }
  }

  /// Two bytes each for a table with defaults: a megabyte of them would be many millions of values.
  @Test func valuesAreCounted() throws {
    let bytes = Array(repeating: [0x8a, 0x02, 0x00] as [UInt8], count: 2 << 20).flatMap { $0 }
    let error = #expect(throws: WireError.self) {
      try MessageDecoder.decode(bytes, as: sample.type)
    }
    #expect(error?.message.contains("more than 4194304 values") == true)
  }

  @Test(arguments: [
    [0x08], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x00, 0],
    [0x4a, 0x7f, 1], [0x0e, 0], [0x0c], [0x3d, 1, 2], [0x09, 1], [0xa3, 0x06, 0xac, 0x06],
    [0x4a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  ]) func malformedBytesAreErrors(bytes: [UInt8]) {
    #expect(throws: WireError.self) { try MessageDecoder.decode(bytes, as: sample.type) }
  }

  /// Mutations of a real message, from a fixed seed: none traps, and what can be read can be
  /// written again.
  @Test func mutationsNeverTrap() throws {
    let text = """
      f_double: 1 f_string: "abc" f_inner { inner { inner { name: "x" } } numbers: [1, 2] }
      by_name { key: "a" value: 1 } by_big { key: 7 value: RED } packed: [1, 2, 3]
      any { [type.googleapis.com/shapes.v1.Text] { text: "x" } } when { seconds: 5 nanos: 7 }
      structure { fields { key: "a" value { list_value { values { number_value: 1 } } } } }
      """
    let original = try Protoc.encode(text, sample.name, sample.file)
    var seed: UInt64 = 42
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    var (good, bad) = (0, 0)
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0...random(3) {
        switch random(3) {
        case 0: bytes[random(bytes.count)] = UInt8(random(256))
        case 1: bytes.remove(at: random(bytes.count))
        default: bytes.insert(UInt8(random(256)), at: random(bytes.count))
        }
      }
      guard let value = try? MessageDecoder.decode(bytes, as: sample.type) else {
        bad += 1
        continue
      }
      good += 1
      // Times may be out of range, a struct's number a name: refused, and never a trap.
      _ = try? MessageEncoder.encode(value, as: sample.type)
    }
    #expect(good > 100 && bad > 100)
  }

  /// The same for descriptors, which come from servers too.
  @Test func mutatedDescriptorsNeverTrap() throws {
    let set = Array(try Protoc.run(["--descriptor_set_out=/dev/stdout", "old.proto"]))
    var seed: UInt64 = 7
    for _ in 0..<20_000 {
      var bytes = set
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
      let schema = Schema()
      guard (try? schema.add(set: bytes)) != nil, let type = try? schema.message("old.Record")
      else { continue }
      _ = try? MessageDecoder.decode([0x0a, 1, 0x41, 0x5b, 0x60, 1, 0x5c], as: type)
      _ = try? MessageEncoder.encode(["name": "x", "loose": [1], "part": ["size": 1]], as: type)
    }
  }

  @Test func setsThatLackImportsSaySo() throws {
    let set = Array(try Protoc.run(["--descriptor_set_out=/dev/stdout", "shapes.proto"]))
    let error = #expect(throws: ScriptError.self) { try Schema().add(set: set) }
    #expect(error?.message.contains("--include_imports") == true)
    #expect(throws: ScriptError.self) { try Schema().add(set: [1, 2, 3]) }
    #expect(throws: ScriptError.self) { try Schema().add(set: []) }
  }
}
