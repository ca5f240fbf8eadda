import Events
import Machines
import ProtoMessages
import Scripting

/// Where message types come from: `descriptors = "x.binpb"`, `proto = "x.proto"` with `import`, or
/// a `schema` that was loaded before.
struct SchemaSource {
  static let fields = ["descriptors", "proto", "import"]

  private enum Kind {
    case descriptors([String])
    case proto(Protoc)
    case loaded(Schema)
  }
  private let kind: Kind
  private let run: Run

  /// Nil if the fields name none.
  init?(_ fields: Fields, _ run: Run) throws(ScriptError) {
    let given = ["descriptors", "proto", "schema"].filter(fields.isGiven)
    guard given.count < 2 else {
      throw .usage("\(fields.what) takes one of \(given.joined(separator: ", ")), not several")
    }
    guard fields.isGiven("proto") || !fields.isGiven("import") else {
      throw .usage("\(fields.what): import goes with proto")
    }
    self.run = run
    switch given.first {
    case "descriptors": kind = .descriptors(try Self.paths(fields, "descriptors"))
    case "proto":
      kind = .proto(
        Protoc(files: try Self.paths(fields, "proto"), imports: try Self.paths(fields, "import")))
    case "schema":
      guard case .object(let object) = fields.table["schema"], let loaded = object as? SchemaObject
      else { throw fields.wrong("schema", "what proto.load returns") }
      kind = .loaded(loaded.schema)
    default: return nil
    }
  }

  /// A path or a list of paths.
  private static func paths(_ fields: Fields, _ name: String) throws(ScriptError) -> [String] {
    switch fields.table[name] {
    case .nil: return []
    case .string: return [fields.table[name].text!]
    case .table(let table) where table.fields.isEmpty && table.entries.isEmpty:
      var paths: [String] = []
      for value in table.positions {
        guard case .string = value else { throw fields.wrong(name, "a path or a list of paths") }
        paths.append(value.text!)
      }
      return paths
    default: throw fields.wrong(name, "a path or a list of paths")
    }
  }

  /// Loads it, which may wait, and gives it to `use`.
  func load(
    _ call: Call, _ use: @escaping (Call, Schema) throws(ScriptError) -> Int
  ) throws(ScriptError) -> Int {
    switch kind {
    case .loaded(let schema): return try use(call, schema)
    case .descriptors(let paths):
      let schema = Schema()
      for path in paths {
        do throws(ScriptError) { try schema.add(set: try HostFile.read(path)) } catch {
          throw error.kind == .usage ? .usage("'\(path)': \(error.message)") : error
        }
      }
      return try use(call, schema)
    case .proto(let protoc):
      Ending.shared.noteWork()
      return try call.wait(
        Operation<[UInt8]>(run, "protoc") { deadline throws(MachineError) in
          try await protoc.run(until: deadline)
        } push: { call, bytes throws(ScriptError) in
          let schema = Schema()
          try schema.add(set: bytes)
          return try use(call, schema)
        })
    }
  }
}
