import Events
import Machines
import Scripting

/// What scripts can say to a process.
extension ProcessObject {
  static var methods: [String: NativeFunction] {
    [
      "args": { call in
        let words = of(call).process.specification.words
        return call.results(.table(Table(positions: words.map { .string($0.description) })))
      },
      "command": { call in
        call.results(.string(of(call).process.specification.standaloneCommand))
      },
      "exited": { call throws(ScriptError) in
        try of(call).demandStarted()
        return call.results(.object(ProcessExitedEvent(of(call))))
      },
      "output": OutputEvent.make,
      "expect": { call throws(ScriptError) in
        try of(call).demandStarted()
        return try OutputEvent.expect(call)
      },
      "start": start, "kill": kill, "stop": stop, "signal": signal,
      "read": { call throws(ScriptError) in
        try of(call).demandStarted()
        return try StreamWait.read(call, of(call).source)
      },
      "lines": { call throws(ScriptError) in
        try of(call).demandStarted()
        return try LineReader.make(call, of(call).source)
      },
      "write": { call throws(ScriptError) in
        try of(call).demandStarted()
        return try WriteWait.write(call, of(call).source)
      },
      "finish": { call throws(ScriptError) in
        try of(call).demandStarted()
        let process = of(call).process
        Supervisor.sync { process.finishInput() }
        return 0
      },
    ]
  }

  private static func of(_ call: Call) -> ProcessObject { call.object(1) as! ProcessObject }

  func demandStarted() throws(ScriptError) {
    guard hasStarted else {
      throw .usage("process '\(name)' was not started yet; call \(name):start()")
    }
  }

  private static func start(_ call: Call) throws(ScriptError) -> Int {
    try of(call).start(call.place)
    return 0
  }

  private static func kill(_ call: Call) throws(ScriptError) -> Int {
    try of(call).stop(call, grace: 0)
  }

  /// `stop { timeout }`: SIGTERM, and SIGKILL when so many seconds have passed.
  private static func stop(_ call: Call) throws(ScriptError) -> Int {
    let fields = try Fields(call, 2, of: "stop", known: ["timeout"])
    let grace = try fields.seconds("timeout") ?? grace
    guard grace.isFinite else { throw fields.wrong("timeout", "a finite number of seconds") }
    return try of(call).stop(call, grace: grace)
  }

  private static func signal(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    try object.demandStarted()
    guard let number = try SignalNumber.find(try call.value(2)) else {
      throw .usage(
        "signal wants a signal's name, such as \"TERM\", or its number, got"
          + " \(try call.value(2).shown)")
    }
    guard object.process.exited.value == nil else {
      throw ScriptError(.exited, "\(object.shown) has ended: no signal reaches it")
    }
    let process = object.process
    Supervisor.sync { process.signal(number) }
    return 0
  }
}
