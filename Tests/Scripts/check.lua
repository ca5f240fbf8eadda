-- Every check passes and fails as it should, shows both sides, and blames the line that called it.
-- stdout: done
local check = require "vmscript.check"
local raises = require("modules.check").raises

-- Line and texts of what a check that fails says.
local function fails(texts, f, ...)
  local arguments = table.pack(...)
  local err = raises("assertion", texts, function()
    f(table.unpack(arguments, 1, arguments.n)) end)  -- line 10
  assert(err.where:find "check.lua:10$", err.where)
  assert(not tostring(err):find("[%c\127]") and #tostring(err) < 500)
  return err
end
local nan, cycle, other = 0 / 0, {}, {}
cycle.self, cycle.n, other.self, other.n = cycle, { cycle }, other, { other }
local vm = microvm { name = "a", start = false }

-- equal
for _, pair in ipairs {
  { 1, 1.0 }, { "a\0b", "a\0b" }, { nan, nan }, { 0.0, -0.0 }, { {}, {} }, { cycle, other },
  { { 1, { a = { true } } }, { 1, { a = { true } } } }, { vm, vm }, { print, print },
  { setmetatable({ 1 }, { __index = { 2 } }), { 1 } },
} do check.equal(pair[1], pair[2]) end
check.equal(nil, nil)
assert(check.equal(3, 3) == 3)
fails("got 1, expected 2", check.equal, 1, 2)
fails("here: got nil, expected \"x\"", check.equal, nil, "x", "here")
fails("got 1, expected \"1\"", check.equal, 1, "1")
fails("got -0.0, expected 1e-300", check.equal, -0.0, 1e-300)
fails("got nan, expected inf", check.equal, nan, math.huge)
fails("at .b[2]: got 3, expected 4", check.equal, { a = 1, b = { 1, 3 } }, { a = 1, b = { 1, 4 } })
local err = fails('at [1]: got 1, expected nil', check.equal, { 1, ["a b"] = 2, z = {} }, { z = 3 })
check.contains(err.notes, 'at ["a b"]: got 2, expected nil')
check.contains(err.notes, "at .z: got {}, expected 3")
check.contains(err.notes, 'got:      { 1, ["a b"] = 2, z = {} }')
fails("at .n[1].n: got nil, expected", check.equal, { n = { { } } }, other)
local odd = {}
odd.self, odd.n = odd, { odd, 2 }
fails("at .n[2]: got nil, expected 2", check.equal, cycle, odd)
fails("got \"\\x1b[2J\\0\\xff\", expected \"\\x9b\"", check.equal, "\27[2J\0\xff", "\x9b")
fails("\\xc2\\x9b", check.equal, "\u{9b}", 1)
fails("from byte 1003 (line 11) on", check.equal, ("%s\n"):rep(10):format(table.unpack(
  (function() local t = {} for i = 1, 10 do t[i] = ("x"):rep(99) end return t end)())) .. "abc",
  ("%s\n"):rep(10):format(table.unpack(
  (function() local t = {} for i = 1, 10 do t[i] = ("x"):rep(99) end return t end)())) .. "abd")
local deep, deeper = {}, {}
for _ = 1, 9000 do deep, deeper = { deep }, { deeper } end
check.equal(deep, deeper)
for _ = 1, 2000 do deep, deeper = { deep }, { deeper } end
raises("usage", "nest deeper than 10000 levels", check.equal, deep, deeper)
local huge, same = {}, {}
for i = 1, 200000 do huge[i], same[i] = i, i end
check.equal(huge, same)
same[7], huge[200001] = 0, "more"
err = fails("at [7]: got 7, expected 0", check.equal, huge, same)
check.contains(err.notes, 'at [200001]: got "more", expected nil')
for i = 1, 1000 do same[i] = -i end
err = fails("at [1]: got 1, expected -1", check.equal, huge, same)
check.equal(#err.notes, 12)
check.equal(err.notes[12], "… and more differences")
local point = { __eq = function(a, b) return a.x == b.x end, __tostring = function() return "P" end }
check.equal(setmetatable({ x = 1, y = 1 }, point), setmetatable({ x = 1, y = 2 }, point))
fails("got P (table), expected P (another table)", check.equal, setmetatable({ x = 1 }, point),
  setmetatable({ x = 2 }, point))
fails("got machine 'a', expected {}", check.equal, vm, {})
local broken = setmetatable({}, { __tostring = function() error "no" end, __index = error,
  __pairs = error, __len = error })
fails("at [1]: got nil, expected 1", check.equal, broken, { 1 })

-- The rest.
check.not_equal({ 1 }, { 2 })
fails("got { 1 }, which it must not be", check.not_equal, { 1 }, { 1 })
check.truthy(0) check.falsy(nil) check.falsy(false)
fails("got nil, expected something true", check.truthy, nil)
fails("got 0, expected false or nil", check.falsy, 0)
check.equal({ check.matches("port 80", pattern "(%w+) (%d+)") }, { "port 80", "port", "80" })
check.equal(check.matches("a.b", "."), ".")
fails('got "ab", expected "." in it', check.matches, "ab", ".")
fails('expected the pattern "^b"', check.matches, "ab", pattern "^b")
check.contains("abc", "b") check.contains({ { 1 }, 2 }, { 1 }) check.contains({ k = nan }, nan)
check.lacks("abc", "d") check.lacks({}, 1)
fails('no "d" in "abc"', check.contains, "abc", "d")
fails("no { 3 } in { { 1 }, 2 }", check.contains, { { 1 }, 2 }, { 3 })
fails('"b" is in "abc"', check.lacks, "abc", "b")
check.near(1.05, 1, 0.1) check.near(math.huge, math.huge, 0)
fails("got 1.2, expected 1 ± 0.1", check.near, 1.2, 1, 0.1)
fails("got nan, expected 1 ± 5", check.near, nan, 1, 5)
fails('got "1", expected 1 ± 5', check.near, "1", 1, 5)
check.same_keys({ a = 1, b = 2 }, { a = 3, b = 4 }) check.same_keys({ a = 1, b = 2 }, { "b", "a" })
fails('keys that are missing: "c"; keys too many: 1, "b"', check.same_keys, { 5, b = 1 }, { c = 1 })

-- error
local boom = check.error(function() error "boom" end, "boom")
assert(boom:find "boom$")
check.error(function() error({}) end)
check.error(function() check.equal(1, 2) end, "assertion", "got 1")
check.error(function() microvm { memry = 1 } end, "usage", pattern "did you mean '%w+'")
assert(check.error(function() microvm { memry = 1 } end, "memry").kind == "usage")
fails("nothing was raised, expected an error of kind 'command'", check.error, print, "command")
fails("got an error of kind 'usage': ", check.error, function() microvm(1) end, "command")
fails("expected an error of kind 'usage' with \"x\"", check.error,
  function() microvm(1) end, "usage", "x")
fails("got { code = 3 }, expected an error", check.error, function() error { code = 3 } end, "boom")

-- Misuse.
raises("usage", "check.matches wants a text", check.matches, 5, "5")
raises("usage", "check.matches wants a text, and the text or pattern", check.matches, "5", 5)
raises("usage", "check.contains wants a text or a list", check.contains, nil, 1)
raises("usage", "the tolerance is a number, got nil", check.near, 1, 1)
raises("usage", "the tolerance is a number, got -1", check.near, 1, 1, -1)
raises("usage", "check.same_keys wants two tables", check.same_keys, {}, 1)
raises("usage", "check.error wants a function, got \"x\"", check.error, "x")
raises("usage", "check.error wants a kind of error before the text", check.error, print, "x", "y")

-- eventually
local eventually = require "vmscript.eventually"
local count = 0
local function counted()
  count = count + 1
  return count
end
check.equal(eventually.equal(counted, 3, { interval = 0 }), 3)
check.equal(eventually.matches(function() return "n" .. counted() end, pattern "n([6-9])",
  { interval = 0 }), "n6")
eventually.near(counted, 9, 1, { interval = 0 })
eventually.falsy(function() return counted() < 12 end)
eventually.error(function() return counted() < 14 or error "enough" end, "enough")
check.error(function() eventually.equal(counted, -1, { timeout = 0.1, message = "count" }) end,
  "timeout", pattern "lua:%d+: count: got %d+, expected %-1, still after 0.1 s of trying %(%d+ times%)")
check.error(function() eventually.equal(function() error "own" end, 1) end, "own")
check.equal(eventually.stays(counted, 0.2, { interval = 0.05 }), count)
local turns = 0
do
  local _ <close> = spawn(function() while wait(0) == nil do turns = turns + 1 end end)
  eventually.stays(counted, 0.1, { interval = 0 })
end
assert(turns > 0, "other tasks have their turn")
local until_when = now() + 0.2
check.error(function() eventually.stays(function() return now() < until_when end, 5) end,
  "assertion", pattern "held for 0%.%d s of 5 s, then: it returned false")
check.error(function() eventually.stays(function() check.equal(1, 2) end, 5, { message = "m" }) end,
  "assertion", "m: held for 0.0 s of 5 s, then: Tests/Scripts/check.lua:")
check.error(function() eventually.stays(function() error "own" end, 1) end, "own")
raises("usage", "eventually.equal wants a function, got 5", eventually.equal, 5, 5)
raises("usage", "eventually.equal has no field 'timeot'; did you mean 'timeout'?", eventually.equal,
  counted, 1, { timeot = 1 })
raises("usage", "field 'timeout' wants a number of seconds, got -1", eventually.near, counted, 1, 0,
  { timeout = -1 })
raises("usage", "eventually.stays wants a number of seconds", eventually.stays, counted, "1")
raises("usage", "eventually.error wants a function", eventually.error, nil, "command")
print "done"
