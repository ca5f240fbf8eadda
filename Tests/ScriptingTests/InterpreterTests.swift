import Events
import Testing

@testable import Scripting

/// One suite, since the bridge allows one interpreter at a time.
@Suite(.serialized) struct InterpreterTests {
  final class Thing: ScriptObject {
    static let typeName = "thing"
    nonisolated(unsafe) static var living = 0
    var closed = 0
    init() { Self.living += 1 }
    deinit { Self.living -= 1 }
    static var methods: [String: NativeFunction] {
      ["name": { call in call.results(.string("a thing")) }]
    }
    func field(_ key: Value) -> Value? { key.text == "size" ? .integer(3) : nil }
    func close(_ call: Call) throws(ScriptError) -> Int {
      closed += 1
      return try call.wait(Sleep(0.001))
    }
  }

  func text(_ source: String, prepare: (Interpreter) -> Void = { _ in }) throws -> String {
    try withInterpreter { lua in
      lua.addSleep()
      prepare(lua)
      return try lua.evaluate(source).map { $0.text ?? $0.shown }.joined(separator: " ")
    }
  }

  func failure(_ source: String, prepare: (Interpreter) -> Void = { _ in }) -> Failure? {
    do {
      let result = try text(source, prepare: prepare)
      Issue.record("returned \(result)")
      return nil
    } catch { return error as? Failure }
  }

  func addRaise(_ lua: Interpreter) {
    lua.setGlobal("fail") { call throws(ScriptError) in
      let kind = ScriptError.Kind(rawValue: call.text(1) ?? "") ?? .usage
      throw ScriptError(kind, call.text(2) ?? "failed")
    }
  }

  @Test func valuesGoThere_andBack() throws {
    let lua = """
      local t = echo { 1, "two", { deep = true }, x = 1.5, [10] = "ten", s = "\\0\\255" }
      return t[1], t[2], t[3].deep, t.x, t[10], #t.s, math.type(t[1]), math.type(t.x)
      """
    let result = try text(lua) {
      $0.setGlobal("echo") { call throws(ScriptError) in call.results(try call.value(1)) }
    }
    #expect(result == "1 two true 1.5 ten 2 integer float")
  }

  @Test func aTableThatContainsItselfIsRefused() throws {
    let error = failure("local t = {}; t.t = t; echo(t)") {
      $0.setGlobal("echo") { call throws(ScriptError) in call.results(try call.value(1)) }
    }
    #expect(error?.text.contains("contains itself") == true)
  }

  @Test func errorsCarryKindPlaceAndTrace() throws {
    let error = failure(
      """
      local function inner()
        fail("timeout", "too late")
      end
      inner()
      """, prepare: addRaise)
    #expect(error?.text == "test.lua:2: too late")
    #expect(error?.error?.kind == .timeout)
    #expect(error?.trace.map(\.place.line) == [2, 4])
  }

  @Test func pcallSeesFields() throws {
    let result = try text(
      "local ok, e = pcall(fail, 'qmp', 'no'); return ok, e.kind, e.message, tostring(e)",
      prepare: addRaise)
    #expect(result == "false qmp no test.lua:1: no")
  }

  @Test func cancellationPassesPcallAndCoroutines() throws {
    for wrapper in [
      "pcall(fail, 'cancelled', 'stop')",
      "xpcall(fail, print, 'cancelled', 'stop')",
      "coroutine.resume(coroutine.create(function() fail('cancelled', 'stop') end))",
      "coroutine.wrap(function() fail('cancelled', 'stop') end)()",
    ] {
      #expect(failure(wrapper + " return 1", prepare: addRaise)?.error?.kind == .cancelled)
    }
  }

  @Test func waitsGoThroughPcallCoroutinesAndClose() throws {
    let result = try text(
      """
      local log = {}
      local t <close> = setmetatable({}, { __close = function() sleep(0.001) end })
      local gen = coroutine.wrap(function()
        for i = 1, 3 do sleep(0.001) coroutine.yield(i) end
      end)
      for i in gen do log[#log + 1] = i end
      local co = coroutine.create(function(a)
        local inner = coroutine.wrap(function(b) sleep(0.002) coroutine.yield(b + 1) return "end" end)
        local x = inner(a)
        local ok = pcall(function() sleep(0.001) error "x" end)
        return x, inner(), ok
      end)
      local ok, x, y, z = coroutine.resume(co, 41)
      return table.concat(log, ","), ok, x, y, z, coroutine.status(co)
      """)
    #expect(result == "1,2,3 true 42 end false dead")
  }

  @Test(arguments: [
    "table.sort({ 2, 1 }, function(a, b) sleep(0.01) return a < b end)",
    "string.gsub('a', 'a', function() sleep(0.01) end)",
    "table.sort({2, 1}, function(a, b) coroutine.wrap(function() sleep(0.01) end)() return a < b end)",
  ]) func aWaitInsideACFunctionIsRefusedClearly(_ source: String) throws {
    #expect(failure(source)?.text.contains("cannot wait here") == true)
  }

  @Test func coroutinesBehaveAsInPlainLua() throws {
    let result = try text(
      """
      local _, main = coroutine.running()
      local co = coroutine.create(function(...) local a = coroutine.yield(...) error(a, 0) end)
      local r = { coroutine.resume(co, 1, 2) }
      local s = { coroutine.resume(co, "boom") }
      local d = { coroutine.resume(co) }
      local y = { pcall(coroutine.yield, 1) }
      local w = { pcall(coroutine.wrap(function() error "w" end)) }
      local self = { coroutine.resume(coroutine.running()) }
      return main, coroutine.isyieldable(), r[2], r[3], s[1], s[2], d[2], y[2], w[2], self[2]
      """)
    #expect(
      result == "true false 1 2 false boom cannot resume dead coroutine"
        + " attempt to yield from outside a coroutine test.lua:7: w"
        + " cannot resume non-suspended coroutine")
  }

  @Test func objectsHaveMethodsFieldsAndHints() throws {
    func thing(_ lua: Interpreter) {
      lua.setGlobal("thing") { call in call.results(.object(Thing())) }
    }
    #expect(
      try text("local t = thing() return t:name(), t.size, tostring(t), t == t", prepare: thing)
        == "a thing 3 thing true")
    #expect(
      failure("thing():nam()", prepare: thing)?.text
        == "test.lua:1: a thing has no field 'nam'; did you mean 'name'?")
    #expect(failure("thing().name()", prepare: thing)?.text.contains("call it with ':'") == true)
    #expect(failure("thing().x = 1", prepare: thing)?.text.contains("cannot be assigned") == true)
    _ = try text("do local t <close> = thing() end", prepare: thing)
    #expect(Thing.living == 0)
  }

  @Test func tasksRunSideBySide_andKeepTheirResults() throws {
    let result = try text(
      """
      local order = {}
      local a = go(function(x) sleep(0.02) order[#order + 1] = x end, "slow")
      local b = go(function(x) sleep(0.01) order[#order + 1] = x end, "fast")
      sleep(0.04)
      return table.concat(order, " ")
      """
    ) {
      $0.setGlobal("go") { call throws(ScriptError) in
        _ = try call.spawn(1, name: "t")
        return 0
      }
    }
    #expect(result == "fast slow")
  }

  @Test func anEndlessLoopIsInterrupted() throws {
    let error = failure("while true do pcall(function() while true do end end) end") { lua in
      lua.onInterrupt = { ScriptError(.cancelled, "interrupted") }
      let interrupt = lua.interrupter
      Supervisor.post { Timer(at: .after(0.05)) { interrupt() } }
    }
    #expect(error?.error?.kind == .cancelled)
  }

  @Test func errorsLeakNothing() throws {
    _ = try text(
      "for i = 1, 100000 do pcall(fail, 'usage', 'x') end collectgarbage() collectgarbage()",
      prepare: addRaise)
    #expect(
      try text("local t = {}; for i = 1, 1000 do t[i] = thing() end return #t") { lua in
        lua.setGlobal("thing") { call in call.results(.object(Thing())) }
      } == "1000")
    #expect(Thing.living == 0)
  }

  @Test(arguments: [
    ("memry", "; did you mean 'memory'?"), ("kernle", "; did you mean 'kernel'?"),
    ("zzzzzz", "; known: kernel, memory"),
  ]) func spelling(_ name: String, _ hint: String) {
    #expect(Spelling.hint(name, among: ["kernel", "memory"]) == hint)
  }
}
