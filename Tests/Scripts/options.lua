-- `options` for libraries: defaults, checks, and the caller's line to blame.
-- stdout: done
local check = require "vmscript.check"
local library = require "modules.library"
local raises = require("modules.check").raises

-- The error, which must blame a line of this file.
local function blames(line, texts, f, ...)
  local err = raises("usage", texts, f, ...)
  check.matches(err.where, pattern("Scripts/options%.lua:" .. line .. "$"))
end
local line = 14
local function make(given)
  local _ = library.make(given) end
local function no(texts, given) blames(line, texts, make, given) end

local vm = microvm { name = "a", start = false }
local defaults = {
  name = "a", count = 3, verbose = false, hosts = {}, mode = "fast", retry = { times = 2, pause = 0.5 },
}
check.equal(library.make { name = "a" }, defaults)
check.equal(library.make { name = "a", retry = { times = 5 } }.retry, { times = 5, pause = 0.5 })
check.equal(library.make { name = "a", verbose = true, count = 1, port = "http", every = 0, vm = vm,
  hosts = { "x" }, mode = "slow", after = print }.vm, vm)
assert(library.make({ name = "a" }).hosts ~= library.make({ name = "a" }).hosts)

no("library.make has no field 'cont'; did you mean 'count'?", { name = "a", cont = 1 })
no("library.make has no field [1]", { "a" })
no("library.make needs the field 'name': a string", {}) no("needs the field 'name'", nil)
no("library.make wants a table of fields, got \"a\"", "a")
no("library.make wants a table of fields, got scope", scope())
no("field 'name' wants a string, got 5", { name = 5 })
no("field 'verbose' wants true or false, got 1", { name = "a", verbose = 1 })
no("field 'mode' wants \"fast\" or \"slow\", got \"fst\"", { name = "a", mode = "fst" })
no("field 'port' wants a whole number or a string, got 1.5", { name = "a", port = 1.5 })
no("field 'every' wants a number of seconds, got -1", { name = "a", every = -1 })
no("field 'every' wants a number of seconds, got nan", { name = "a", every = 0 / 0 })
no("field 'vm' wants a machine, got {}", { name = "a", vm = {} })
no("library.make.retry has no field 'time'; did you mean 'times'?", { name = "a", retry = { time = 1 } })
no("library.make.retry wants a table of fields, got 1", { name = "a", retry = 1 })
no("got \"\\x1b[2J\"", { name = "a", count = "\27[2J" })

-- Where: behind the library's own functions, tail calls, coroutines, tasks, methods.
blames(45, "plain has no field 'x'", function()
  library.plain { x = 1 } end)
blames(47, "has no field 'x'", function()
  local _ = library.tail { x = 1 } end)
blames(49, "has no field 'x'", function() coroutine.wrap(function()
  local _ = library.make { name = "a", x = 1 } end)() end)
blames(51, "has no field 'x'", function() wait(spawn(function()
  local _ = library.make { name = "a", x = 1 } end)) end)
-- A library in the script's own file: the caller of its function, though another library calls that.
local function own(given) local o = options(given, { name = "x" }) return o end
blames(55, "own has no field 'x'", function() library.calls(function()
  local _ = own { x = 1 } end) end)
local _, reason = pcall(options, { x = 1 }, { name = "x" })
check.matches(tostring(reason), pattern "options%.lua:56: this function has no field 'x'")

raises("usage", "options wants what was given and a table of defaults, got nil", options, {})
raises("usage", "options: fields have names, got the default [1]", options, {}, { 1 })
raises("usage", "options.required wants names of types, got {}", options.required, {})
raises("usage", "options.one_of wants the values that may be", options.one_of)

-- scope
local log = {}
local function thing(name, f)
  return setmetatable({}, { __close = function() log[#log + 1] = name if f then f() end end })
end
local function took()
  local taken = table.concat(log, " ")
  log = {}
  return taken
end
do
  local s <close> = scope()
  local file = s:add(io.tmpfile())
  s:add(thing("a")) s:add(function() log[#log + 1] = "b" end)
  s:add(thing("waits", function() wait(0.01) end))
  check.equal(tostring(io.type(file)), "file")
end
check.equal(took(), "waits b a")
library.build { thing "a", thing "b" }
check.equal(took(), "")
check.error(function() library.build({ thing "a", thing "b" }, true) end, "cannot go on")
check.equal(took(), "b a")

-- Each is ended though others fail: the first error is kept, and says what came after.
local function failing(...)
  local s <close> = scope()
  for _, f in ipairs { ... } do s:add(f) end
end
local first = check.error(function()
  failing(thing "a", function() error "third" end, function() check.equal(1, 2) end,
    thing("b", function() check.equal("first", "") end), thing "c")
end, "assertion", 'got "first", expected ""')
check.equal(took(), "c b a")
check.matches(first.notes[1], pattern "^then, at the end of the scope: .*: got 1, expected 2$")
check.matches(first.notes[2], pattern "third$")
local text = check.error(function() failing(function() error "second" end, function() error "one" end) end)
check.matches(text, pattern "one\nthen, at the end of the scope: .*second$")
-- What ended the block is first.
local block = check.error(function()
  local s <close> = scope()
  s:add(function(failure) log[1] = tostring(failure) error "while closing" end)
  check.equal(1, 2)
end, "assertion", "got 1, expected 2")
check.matches(took(), "got 1, expected 2") check.matches(block.notes[1], "while closing")

-- A cancelled task's scope ends too, waits and all; also when it is cancelled while it ends.
local task = spawn(function()
  local s <close> = scope()
  s:add(thing "last") s:add(thing("slow", function() wait(0.05) end)) s:add(thing "one")
  wait(60)
end)
wait(0.01) task:cancel() wait(0.01) task:cancel()
check.error(function() wait(task) end, "assertion", "was cancelled")
check.equal(took(), "one slow last")

-- A machine in a scope ends with it.
local ended
do
  local s <close> = scope()
  ended = s:add(microvm { name = "b" })
end
check.equal(wait(ended:exited()).reason, "killed")

raises("usage", "scope:add wants what has an end", function() scope():add(nil) end)
raises("usage", "got a table without __close", function() scope():add {} end)
raises("usage", "call it with ':', as in s:add(…)", scope().add, 1)
raises("usage", "call it with ':', as in s:release()", scope().release)
print "done"
