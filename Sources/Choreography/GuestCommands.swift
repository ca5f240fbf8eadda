import Events
import Glibc
import Guests
import Machines
import Scripting

/// Commands and files in the guest. All first wait until the agent is ready.
extension MachineObject {
  /// `sh(command, { timeout, env, cwd })`: standard output without trailing newlines.
  static func sh(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let (command, wait) = try shell(call, of: "sh")
    return try call.wait(
      wait { call, result throws(ScriptError) in
        guard result.isSuccess else { throw object.failed(command, result) }
        return call.results(.string(withoutNewlines(result.standardOutput)))
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
          let output = result.standardOutput + result.standardError
          return call.results(.integer(Int64(code)), .string(withoutNewlines(output)))
        case .exited(0):
          throw ScriptError(
            .command,
            "command '\(shortened(command))' on machine '\(object.name)' succeeded, and should fail",
            machine: object.name)
        default: throw object.failed(command, result)
        }
      })
  }

  /// `exec { argv…, stdin, env, cwd, timeout, check }`.
  static func exec(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let known = ["stdin", "env", "cwd", "timeout", "check"]
    guard !call.isAbsent(2) else {
      throw .usage("exec wants a table: { \"program\", \"argument\" }")
    }
    let fields = try Fields(call, 2, of: "exec", known: known)
    var arguments: [[UInt8]] = []
    for value in fields.table.positions {
      guard let bytes = value.bytes else {
        throw .usage("exec: arguments are strings or numbers, got \(value.shown)")
      }
      guard !bytes.contains(0) else { throw .usage("exec: an argument has no zero bytes") }
      arguments.append(bytes)
    }
    guard !arguments.isEmpty else { throw .usage("exec wants a program: { \"program\", … }") }
    var request = ExecRequest(bytes: arguments)
    try object.fill(&request, fields)
    switch fields.table["stdin"] {
    case .nil: break
    case .string(let bytes): request.standardInput = .bytes(bytes)
    default: throw fields.wrong("stdin", "a string")
    }
    let check = try fields.boolean("check") ?? false
    let shown = fields.table.positions.compactMap(\.text).joined(separator: " ")
    let wait = try object.command(request, shown, fields) { call, result throws(ScriptError) in
      if check && !result.isSuccess { throw object.failed(shown, result) }
      var table = Table(fields: [
        ("seconds", .number(result.seconds)), ("stdout", .string(result.standardOutput)),
        ("stderr", .string(result.standardError)),
      ])
      switch result.status {
      case .exited(let code): table.fields.append(("code", .integer(Int64(code))))
      case .signalled(let number): table.fields.append(("signal", .integer(Int64(number))))
      }
      return call.results(.table(table))
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
    let fields = try Fields(call, 3, of: function, known: ["timeout", "env", "cwd"])
    guard !bytes.contains(0) else { throw .usage("\(function): a command has no zero bytes") }
    var request = ExecRequest(bytes: [Array("sh".utf8), Array("-c".utf8), bytes])
    try object.fill(&request, fields)
    return (
      command,
      { finish throws(ScriptError) in try object.command(request, command, fields, finish) }
    )
  }

  private func fill(_ request: inout ExecRequest, _ fields: Fields) throws(ScriptError) {
    request.environment = try fields.strings("env")
    request.workingDirectory = try fields.string("cwd")
  }

  private func command(
    _ request: ExecRequest, _ shown: String, _ fields: Fields, _ finish: @escaping Finish
  ) throws(ScriptError) -> CommandWait<ExecResult> {
    let timeout = try fields.seconds("timeout")
    let agent = try demandAgent()
    let process = Supervisor.sync { agent.exec(request) }
    let finishWhole: Finish = { [name] call, result throws(ScriptError) in
      guard result.droppedOutput + result.droppedError == 0 else {
        throw ScriptError(
          .command,
          "command '\(shortened(shown))' on machine '\(name)' wrote more than the 256 MiB that are"
            + " kept of its output; let it write to a file and fetch that with get", machine: name)
      }
      return try finish(call, result)
    }
    return CommandWait(
      self, process.exited, purpose: "command '\(shortened(shown))'", timeout: timeout,
      onAbandon: { Supervisor.post { process.cancel() } }, finishWhole)
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

  private func failed(_ command: String, _ result: ExecResult) -> ScriptError {
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
    if lines.count > 1 { error.notes = lines.suffix(10).map { "stderr: \($0)" } }
    return error
  }

  // MARK: Files

  /// `read(path)`: a guest file's bytes.
  static func read(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let path = try pathArgument(call, 2, "read wants a path in the guest")
    let timeout = try timeout(call, 3, "read")
    let agent = try object.demandAgent()
    let event = Supervisor.sync { agent.get(path) }
    return try call.wait(
      CommandWait(object, event, purpose: "guest file '\(path)'", timeout: timeout) { call, file in
        call.results(.string(file.bytes))
      })
  }

  /// `write(path, text)`.
  static func write(_ call: Call) throws(ScriptError) -> Int {
    let path = try pathArgument(call, 2, "write wants a path in the guest")
    guard let bytes = try call.value(3).bytes else {
      throw .usage("write wants the text for '\(path)', got \(call.typeName(3))")
    }
    return try put(call, bytes, to: path, mode: 0o644, "write")
  }

  /// `put(from, to)`: a host file into the guest, with its mode.
  static func put(_ call: Call) throws(ScriptError) -> Int {
    let from = try pathArgument(call, 2, "put wants a path on the host")
    let to = try pathArgument(call, 3, "put wants a path in the guest")
    let file = try HostFile.read(from)
    return try put(call, file.bytes, to: to, mode: file.mode, "put")
  }

  private static func put(
    _ call: Call, _ bytes: [UInt8], to path: String, mode: UInt32, _ function: String
  ) throws(ScriptError) -> Int {
    let object = of(call)
    let timeout = try timeout(call, 4, function)
    let agent = try object.demandAgent()
    let event = Supervisor.sync { agent.put(bytes, to: path, mode: mode) }
    return try call.wait(
      CommandWait(object, event, purpose: "guest file '\(path)'", timeout: timeout) { _, _ in 0 })
  }

  private static func timeout(_ call: Call, _ index: Int, _ function: String) throws(ScriptError)
    -> Double?
  {
    try Fields(call, index, of: function, known: ["timeout"]).seconds("timeout")
  }

  /// `get(from, to)`: a guest file onto the host, with its mode.
  static func get(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let from = try pathArgument(call, 2, "get wants a path in the guest")
    let to = try pathArgument(call, 3, "get wants a path on the host")
    let timeout = try timeout(call, 4, "get")
    let agent = try object.demandAgent()
    let event = Supervisor.sync { agent.get(from) }
    return try call.wait(
      CommandWait(object, event, purpose: "guest file '\(from)'", timeout: timeout) {
        _, file throws(ScriptError) in
        try HostFile(bytes: file.bytes, mode: file.mode).write(to)
        return 0
      })
  }

  private static func pathArgument(_ call: Call, _ index: Int, _ wanted: String)
    throws(ScriptError) -> String
  {
    guard let bytes = call.bytes(index), !bytes.isEmpty else {
      throw .usage("\(wanted), got \(try call.value(index).shown)")
    }
    guard let path = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw .usage(
        "\(wanted) in UTF-8 without zero bytes, got \(try call.value(index).shown); reach a file of"
          + " another name with sh")
    }
    return path
  }
}

/// A command as messages show it: short, on one line.
private func shortened(_ command: String) -> String {
  let line = command.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    .joined(separator: "; ")
  return line.count > 120 ? line.prefix(120) + "…" : line
}

private func withoutNewlines(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  while bytes.last == 0x0a { bytes.removeLast() }
  return bytes
}
