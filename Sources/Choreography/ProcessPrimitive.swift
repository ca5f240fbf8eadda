import Events
import Machines
import Record
import Scripting

/// `process {}`: starts a program of the host and returns.
enum ProcessPrimitive {
  static let fields = ["name", "env", "cwd", "stdin", "may_exit", "start"]

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard !call.isAbsent(1) else {
      throw .usage("process wants a table: { \"program\", \"argument\" }")
    }
    let fields = try Fields(call, 1, of: "process", known: fields)
    let specification = try specification(fields, run)
    let mayExit = try fields.boolean("may_exit") ?? false
    let isStarted = try fields.boolean("start") ?? true
    let process: HostProcess
    do {
      let directory =
        run.isRehearsal ? nil : try run.record.directory(for: "process-\(specification.name)")
      let timeline = run.record.timeline
      process = try Supervisor.sync {
        try HostProcess(specification, directory: directory, timeline: timeline)
      }
    } catch let error as MachineError {
      throw ScriptError(error)
    } catch let error as RecordError {
      throw ScriptError(.missing, error.message)
    } catch {
      throw ScriptError(.launch, "\(error)")
    }
    let object = ProcessObject(run, process, place: call.place, mayExit: mayExit)
    run.inventory?.processes.append(object)
    if isStarted { try object.start(call.place) }
    return call.results(.object(object))
  }

  private static func specification(
    _ fields: Fields, _ run: Run
  ) throws(ScriptError) -> ProcessSpecification {
    guard case .string? = fields.table.positions.first else {
      let got = fields.table.positions.first.map { ", got \($0.shown)" } ?? ""
      throw .usage("process wants a program first: { \"program\", \"argument\" }\(got)")
    }
    let words = try fields.table.positions.enumerated().map { index, value throws(ScriptError) in
      try argument(value, index)
    }
    guard case .text(let program) = words[0], !program.isEmpty else {
      throw .usage("process wants a program first, and '' is none")
    }
    let name = try MachineFields.name(fields) ?? usualName(program)
    let environment = try fields.strings("env")
    let input = try input(fields)
    let directory = try fields.string("cwd")
    var specification = ProcessSpecification(name: run.uniqueName(name), program: program)
    specification.arguments = Array(words.dropFirst())
    specification.environment = environment
    specification.workingDirectory = directory
    specification.input = input
    return specification
  }

  private static func argument(_ value: Value, _ index: Int) throws(ScriptError) -> RawArgument {
    let what = "process: argument \(index)"
    switch value {
    case .string(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw .usage("\(what) wants text in UTF-8 without zero bytes, got \(value.shown)")
      }
      return .text(text)
    case .integer, .number: return .text(value.text!)
    case .table(let table):
      let options = try OptionTable(table)
      guard !options.hasOtherResources else {
        throw .usage("\(what): of resources a process takes a cable's end alone")
      }
      return .options(options)
    case .object(let object as CableEndObject):
      return .options(OptionTable(positions: [.resource(.cable(object.end))]))
    case .object(is PortMapObject):
      throw .usage("\(what) cannot be a port map: give the host's port, as in ports[80]")
    default:
      throw .usage(
        "\(what) wants a string, a number, an option table or a cable's end, got \(value.shown)")
    }
  }

  private static func input(_ fields: Fields) throws(ScriptError) -> ProcessSpecification.Input {
    switch fields.table["stdin"] {
    case .nil: return .open
    case .boolean(false): return .none
    case .string(let bytes): return .bytes(bytes)
    default: throw fields.wrong("stdin", "the text for its standard input, or false for none")
    }
  }

  /// The last part of the program's path, as far as a name can hold it.
  private static func usualName(_ program: String) -> String {
    let file = program.split(separator: "/").last.map(String.init) ?? program
    let name = file.unicodeScalars.prefix(63).map { scalar in
      let isFit =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains(scalar))
      return isFit ? Character(scalar) : "-"
    }
    return name.first == "-" ? "process" : String(name)
  }
}
