import Events
import Glibc
import Guests
import Machines
import Scripting

/// Commands in the guest. All first wait until the agent is ready.
extension MachineObject {
  /// `sh(command, { timeout, env, cwd, user })`: standard output without trailing newlines.
  static func sh(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let (command, wait) = try shell(call, of: "sh")
    return try call.wait(
      wait { call, result throws(ScriptError) in
        guard result.isSuccess else { throw object.failed(command, result) }
        result.output.trimEnd(0x0a)
        call.push(result.output)
        return 1
      })
  }

  /// `fails(command)`: code and output of a command that must not succeed.
  static func fails(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let (command, wait) = try shell(call, of: "fails")
    return try call.wait(
      wait { call, result throws(ScriptError) in
        switch result.status {
        case .exited(let code) where code != 0 && code != 126 && code != 127:
          var output = result.standardOutput + result.standardError
          while output.last == 0x0a { output.removeLast() }
          return call.results(.integer(Int64(code)), .string(output))
        case .exited(0):
          throw ScriptError(
            .command,
            "command '\(shortened(command))' on machine '\(object.name)' succeeded, and should fail",
            machine: object.name)
        default: throw object.failed(command, result)
        }
      })
  }

  /// `exec { argv…, stdin, env, cwd, user, timeout, check }`.
  static func exec(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try programFields(call, of: "exec", known: ["stdin", "timeout", "check"])
    var (request, shown) = try object.program(fields)
    switch fields.table["stdin"] {
    case .nil: break
    case .string(let bytes): request.standardInput = .bytes(bytes)
    default: throw fields.wrong("stdin", "a string")
    }
    let check = try fields.boolean("check") ?? false
    let wait = try object.command(request, shown, fields) { call, result throws(ScriptError) in
      if check && !result.isSuccess { throw object.failed(shown, result) }
      call.push(result, withOutput: true)
      return 1
    }
    return try call.wait(wait)
  }

  private typealias Finish = (Call, ExecResult) throws(ScriptError) -> Int

  /// The command of a call like `sh(command, options)`, and what makes its wait.
  private static func shell(_ call: Call, of function: String) throws(ScriptError)
    -> (String, (@escaping Finish) throws(ScriptError) -> CommandWait<ExecResult>)
  {
    let object = of(call)
    guard let bytes = call.bytes(2), let command = call.text(2) else {
      throw .usage("\(function) wants a command as a string, got \(call.typeName(2))")
    }
    let fields = try Fields(call, 3, of: function, known: ["timeout", "env", "cwd", "user"])
    guard !bytes.contains(0) else { throw .usage("\(function): a command has no zero bytes") }
    var request = ExecRequest(bytes: [Array("sh".utf8), Array("-c".utf8), bytes])
    try object.fill(&request, fields)
    return (
      command,
      { finish throws(ScriptError) in try object.command(request, command, fields, finish) }
    )
  }

  /// The table of a call like `exec { "program", "argument", … }`.
  static func programFields(
    _ call: Call, of function: String, known: [String]
  ) throws(ScriptError) -> Fields {
    guard !call.isAbsent(2) else {
      throw .usage("\(function) wants a table: { \"program\", \"argument\" }")
    }
    return try Fields(call, 2, of: function, known: known + ["env", "cwd", "user"])
  }

  /// The program that such a table names, and how messages show it.
  func program(_ fields: Fields) throws(ScriptError) -> (ExecRequest, String) {
    var arguments: [[UInt8]] = []
    for value in fields.table.positions {
      guard let bytes = value.bytes else {
        throw .usage("\(fields.what): arguments are strings or numbers, got \(value.shown)")
      }
      guard !bytes.contains(0) else {
        throw .usage("\(fields.what): an argument has no zero bytes")
      }
      arguments.append(bytes)
    }
    guard !arguments.isEmpty else {
      throw .usage("\(fields.what) wants a program: { \"program\", … }")
    }
    var request = ExecRequest(bytes: arguments)
    try fill(&request, fields)
    return (request, fields.table.positions.compactMap(\.text).joined(separator: " "))
  }

  private func fill(_ request: inout ExecRequest, _ fields: Fields) throws(ScriptError) {
    request.environment = try fields.strings("env")
    request.workingDirectory = try fields.string("cwd")
    switch fields.table["user"] {
    case .nil: break
    case .integer(let number) where (0..<0xffff_ffff).contains(number):
      request.user = String(number)
    case .string(let bytes) where !bytes.isEmpty && bytes.allSatisfy({ $0 > 0x20 }):
      request.user = try fields.string("user")
    default: throw fields.wrong("user", "a user's name or number in the guest")
    }
  }

  private func command(
    _ request: ExecRequest, _ shown: String, _ fields: Fields, _ finish: @escaping Finish
  ) throws(ScriptError) -> CommandWait<ExecResult> {
    let timeout = try fields.seconds("timeout")
    let agent = try demandAgent()
    let witness = CommandRecord(run.record.timeline, name, shown)
    let process = Supervisor.sync { agent.exec(request, witness: witness) }
    let finishWhole: Finish = { [name] call, result throws(ScriptError) in
      guard result.droppedOutput + result.droppedError == 0 else {
        throw ScriptError(
          .command,
          "command '\(shortened(shown))' on machine '\(name)' wrote more than the 256 MiB that are"
            + " kept of its output; read it as it comes from spawn, or let it write to a file and"
            + " fetch that with get", machine: name)
      }
      return try finish(call, result)
    }
    return CommandWait(
      self, process.exited, purpose: "command '\(shortened(shown))'", timeout: timeout,
      showsEnd: true, onAbandon: { Supervisor.post { process.cancel() } }, finishWhole)
  }

  func demandAgent() throws(ScriptError) -> AgentClient {
    try demandStarted()
    guard let agent else {
      throw ScriptError(
        .agent,
        "machine '\(name)' was made with agent = false: there is nobody to ask in the guest",
        machine: name)
    }
    return agent
  }

  /// The error of a command that ended badly.
  func failed(_ command: String, _ result: ExecResult) -> ScriptError {
    let errorText = String(decoding: result.standardError, as: UTF8.self)
    let last = errorText.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
    let how: String
    var error = ScriptError(.command, "", machine: name)
    switch result.status {
    case .exited(let code):
      how = "exited with status \(code)"
      error.fields["code"] = .integer(Int64(code))
    case .signalled(let number):
      how = "was ended by signal \(number)"
      error.fields["signal"] = .integer(Int64(number))
    }
    error.message = "command '\(shortened(command))' on machine '\(name)' \(how)\(last)"
    error.fields["stdout"] = .bytes(result.standardOutput)
    error.fields["stderr"] = .bytes(result.standardError)
    let lines = errorText.split(whereSeparator: \.isNewline)
    if lines.count > 1 { error.notes = lines.suffix(5).map { "stderr: \($0)" } }
    return error
  }
}

extension Call {
  /// Pushes what was collected, and empties it.
  func push(_ block: ByteBlock) {
    if let bytes = block.take() { push(taking: bytes) } else { push(.string("")) }
  }

  /// Pushes `{ code, signal, seconds, stdout, stderr }`.
  func push(_ result: ExecResult, withOutput: Bool) {
    pushTable()
    switch result.status {
    case .exited(let code): push(.integer(Int64(code)))
    case .signalled(let number): push(.integer(Int64(number)))
    }
    if case .exited = result.status { setField("code") } else { setField("signal") }
    push(result.seconds)
    setField("seconds")
    guard withOutput else { return }
    push(result.output)
    setField("stdout")
    push(result.errorOutput)
    setField("stderr")
  }

  private func setField(_ name: String) { setField(.string(name)) }
}

/// A command as messages show it: short, on one line.
func shortened(_ command: String) -> String {
  let line = command.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    .joined(separator: "; ")
  return line.count > 120 ? line.prefix(120) + "…" : line
}
