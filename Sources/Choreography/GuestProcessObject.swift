import Events
import Glibc
import Guests
import Machines
import Scripting

/// `vm:spawn { argv… }`: a program that runs in the guest. As an event it is its end.
final class GuestProcessObject: ScriptObject, Waitable {
  static let typeName = "guest process"
  static let fieldNames = ["pid", "stderr", "stdout"]

  private let subject: MachineObject
  private let pump: GuestPump
  private let command: String
  private let pid: Int32
  private let checks: Bool
  private let output: GuestOutputObject?
  private let errorOutput: GuestOutputObject?
  /// Whether its standard input is the script's to write.
  private var isWritable: Bool

  private var process: GuestProcess { pump.process }

  private init(
    _ subject: MachineObject, _ pump: GuestPump, _ command: String, _ pid: Int32, checks: Bool,
    isWritable: Bool
  ) {
    self.subject = subject
    self.pump = pump
    self.command = command
    self.pid = pid
    self.checks = checks
    self.isWritable = isWritable
    let name = "'\(shortened(command))' on machine '\(subject.name)'"
    output = pump.output.map {
      GuestOutputObject(subject, pump, $0, shown: "the output of \(name)")
    }
    errorOutput = pump.errorOutput.map {
      GuestOutputObject(subject, pump, $0, shown: "the error output of \(name)")
    }
  }

  /// One that the script has dropped goes on, and must not stop for want of a reader.
  deinit { Supervisor.post { [pump] in pump.discard() } }

  // MARK: Starting

  static func spawn(_ call: Call) throws(ScriptError) -> Int {
    let object = MachineObject.of(call)
    let fields = try MachineObject.programFields(
      call, of: "spawn", known: ["stdin", "stdout", "stderr", "timeout", "check", "name"])
    var (request, shown) = try object.program(fields)
    if let name = try fields.string("name") { shown = name }
    request.reportsStart = true
    request.standardOutput = try isKept(fields, "stdout", "false for none") ? .stream : .null
    request.standardError = try errorOutput(fields)
    var isWritable = false
    switch fields.table["stdin"] {
    case .nil, .boolean(false): break
    case .boolean(true):
      request.standardInput = .stream
      isWritable = true
    case .string(let bytes): request.standardInput = .bytes(bytes)
    default: throw fields.wrong("stdin", "true for p:write, or a string")
    }
    let checks = try fields.boolean("check") ?? false
    let timeout = try fields.seconds("timeout")
    let agent = try object.demandAgent()
    let (machine, made) = (object.machine, request)
    let witness = CommandRecord(object.run.record.timeline, object.name, shown)
    let pump = Supervisor.sync {
      GuestPump(agent.exec(made, witness: witness), of: machine, request: made)
    }
    return try call.wait(
      CommandWait(
        object, pump.process.started, purpose: "the start of '\(shortened(shown))'",
        timeout: timeout, onAbandon: { Supervisor.post { pump.process.cancel() } }
      ) { call, pid in
        call.results(
          .object(
            GuestProcessObject(object, pump, shown, pid, checks: checks, isWritable: isWritable)))
      })
  }

  private static func isKept(
    _ fields: Fields, _ name: String, _ wanted: String
  ) throws(ScriptError) -> Bool {
    switch fields.table[name] {
    case .nil, .boolean(true): return true
    case .boolean(false): return false
    default: throw fields.wrong(name, wanted)
    }
  }

  private static func errorOutput(_ fields: Fields) throws(ScriptError) -> ExecRequest.Output {
    if fields.table["stderr"].text == "stdout" { return .merged }
    return try isKept(fields, "stderr", "false for none, or \"stdout\"") ? .stream : .null
  }

  // MARK: As an event: its end

  var shown: String { "guest process '\(shortened(command))'" }
  var purpose: String { "the end of '\(shortened(command))'" }
  var machine: MachineObject? { subject }
  var wakers: [any Waking] {
    subject.agent.map { [process.exited, $0.ready] } ?? [process.exited]
  }

  func outcome() -> Outcome? {
    guard let ended = process.exited.value, subject.isFinal(ended) else { return nil }
    switch ended {
    case .success(let result):
      if checks && !result.isSuccess { return .failure(subject.failed(command, result)) }
      return .success { call in
        call.push(result, withOutput: false)
        return 1
      }
    case .failure(let error): return .failure(subject.translated(error, purpose))
    }
  }

  // MARK: Fields and methods

  func field(_ key: Value) -> Value? {
    switch key.text {
    case "pid": .integer(Int64(pid))
    case "stdout": output.map { .object($0) } ?? .nil
    case "stderr": errorOutput.map { .object($0) } ?? .nil
    default: nil
    }
  }

  static var methods: [String: NativeFunction] {
    [
      "read": { call throws(ScriptError) in
        try StreamWait.read(call, try of(call).readable("read"))
      },
      "lines": { call throws(ScriptError) in
        try LineReader.make(call, try of(call).readable("lines"))
      },
      "write": { call throws(ScriptError) in try WriteWait.write(call, try of(call).writable()) },
      "finish": { call throws(ScriptError) in
        let object = of(call)
        _ = try object.writable()
        object.isWritable = false
        let process = object.process
        Supervisor.post { process.closeInput() }
        return 0
      },
      "exited": { call in call.results(.object(of(call))) },
      "kill": { call throws(ScriptError) in try of(call).kill(call) },
      "wait": { call throws(ScriptError) in
        let options = try Fields(call, 2, of: "wait", known: ["timeout"])
        let object = of(call)
        return try call.wait(
          EventWait(object.subject.run, object, timeout: try options.seconds("timeout")))
      },
    ]
  }

  private static func of(_ call: Call) -> GuestProcessObject {
    call.object(1) as! GuestProcessObject
  }

  private func readable(_ method: String) throws(ScriptError) -> StreamSource {
    guard let output else {
      throw .usage("\(method): \(shown) was started with stdout = false: nothing of it is kept")
    }
    return output.source
  }

  private func writable() throws(ScriptError) -> StreamSource {
    guard isWritable else {
      throw .usage(
        "\(shown) takes nothing: spawn it with stdin = true, and write before finish()")
    }
    let (pump, process) = (pump, process)
    return StreamSource(
      run: subject.run, shown: shown, inbox: pump.output ?? Inbox(limit: 1), outbox: pump.input,
      write: { bytes throws(MachineError) in
        guard try pump.input.admit(bytes.count) else { return false }
        Supervisor.post { process.write(bytes) }
        return true
      })
  }

  private func kill(_ call: Call) throws(ScriptError) -> Int {
    let number = call.isAbsent(2) ? SIGKILL : SignalNames.number(try call.value(2))
    guard let number else {
      throw .usage(
        "kill wants a signal's name or number, such as \"TERM\", got \(try call.value(2).shown)")
    }
    let process = process
    Supervisor.post { process.kill(number) }
    return 0
  }

  /// Kills it, and returns when it is gone; does not wait for long for one that cannot be.
  var hasExited: Bool { process.exited.value != nil }

  func close(_ call: Call) throws(ScriptError) -> Int {
    let process = process
    guard process.exited.value == nil, subject.machine.exited.value == nil else { return 0 }
    Supervisor.post { process.cancel() }
    return try call.wait(GuestProcessEnd(process, of: subject.machine))
  }
}

/// The end of a program that was killed, or of its machine, or of patience; whichever comes first.
private final class GuestProcessEnd: Wait {
  private let process: GuestProcess
  private let machine: Machine
  let deadline = Deadline.after(5)
  let purpose = "a killed program to end"

  init(_ process: GuestProcess, of machine: Machine) {
    self.process = process
    self.machine = machine
  }

  func poll() -> Bool {
    process.exited.value != nil || machine.exited.value != nil || deadline.hasPassed
  }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [process.exited.subscribe(wake), machine.exited.subscribe(wake)]
  }

  func finish(_ call: Call) throws(ScriptError) -> Int { 0 }
}
