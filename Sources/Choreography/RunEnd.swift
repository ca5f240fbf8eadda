import Events
import Glibc
import Machines
import Notation
import Record
import Scripting

/// What the record says of a run at its beginning and at its end (docs/record.md).
enum RunEnd {
  static func beginning(_ options: RunOptions, seed: UInt64) -> [JSON.Member] {
    [
      JSON.Member("script", .string(options.scriptName)),
      JSON.Member("arguments", .array(options.arguments.map { .string($0) })),
      // Beyond 2^63 it is no integer of JSON's readers.
      JSON.Member("seed", Int64(exactly: seed).map { .integer($0) } ?? .string(String(seed))),
      JSON.Member("version", .string(RunOptions.version)),
    ]
  }

  static func members(_ result: RunResult, _ failure: Failure?) -> [JSON.Member] {
    var members = [JSON.Member("status", .integer(Int64(result.status)))]
    if let skipped = result.skipped { members.append(JSON.Member("skipped", .string(skipped))) }
    if let report = result.report { members.append(JSON.Member("error", error(report, failure))) }
    return members
  }

  private static func error(_ report: Report, _ failure: Failure?) -> JSON {
    var members: [JSON.Member] = []
    func add(_ name: String, _ text: String?) {
      if let text { members.append(JSON.Member(name, .string(text))) }
    }
    add("kind", failure?.error?.kind.rawValue)
    let prefix = report.place.map { "\($0): " } ?? ""
    let text = report.headline
    add("message", text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    add("machine", failure?.error?.machine)
    add("place", report.place?.description)
    add("source", report.place.flatMap { report.sourceLine($0) })
    if !report.steps.isEmpty {
      members.append(JSON.Member("steps", .array(report.steps.map { .string($0) })))
    }
    return .object(members)
  }
}

extension JSON {
  /// A machine in `run.json`.
  @Supervisor init(_ machine: Machine) {
    let folder = machine.directory.split(separator: "/").last.map(String.init) ?? ""
    var members = [
      Member("name", .string(machine.name)), Member("directory", .string(folder)),
      Member("kind", .string(machine.specification.kind == .pc ? "qemu" : "microvm")),
    ]
    if let command = machine.commandLine {
      members.append(Member("command", .array(command.map { .string($0) })))
    }
    members.append(Member("shell", .string(machine.standaloneCommand)))
    members.append(Member("boots", .array(machine.timing.boots.map { JSON($0) })))
    self = .object(members)
  }

  private init(_ boot: MachineTiming.Boot) {
    var members = BootPhase.allCases.compactMap { phase in
      boot.seconds[phase].map { Member(phase.rawValue, .seconds($0)) }
    }
    if let reason = boot.reason { members.append(Member("reason", .string(reason.rawValue))) }
    self = .object(members)
  }
}
