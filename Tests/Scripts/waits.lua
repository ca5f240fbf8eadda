-- wait, wait.any, wait.all, wait.eventually, spawn, parallel: without a machine.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

-- Numbers.
local started = now()
wait(0.05) wait(0)
assert(now() - started >= 0.05)
raises("usage", "not negative, got -1", wait, -1)
raises("usage", "not negative", wait, 0 / 0)
raises("usage", "wants something to wait for", wait)
raises("usage", "got 'soon'", wait, "soon")
raises("usage", "field 'timeout' wants a number of seconds, got -1", wait, 1, { timeout = -1 })
raises("usage", "did you mean 'timeout'?", wait, 1, { timout = 1 })
raises("timeout", "timed out after 0.05 s waiting for 9 s to pass", wait, 9, { timeout = 0.05 })

-- Names, positions, ties.
local function task(seconds, ...) return spawn(function(...) wait(seconds) return ... end, ...) end
local which, value, more = wait.any { slow = task(9), fast = task(0.01, "a", "b") }
equal(which, "fast") equal(value, "a") equal(more, "b")
which, value = wait.any { task(9), task(0.01, "c") }
equal(which, 2) equal(value, "c")
local x, y = task(0, "x"), task(0, "y")
wait.all { x, y }
equal(wait.any { b = y, a = x }, "a") equal(wait.any { y, x }, 1) equal(wait.any { 9, a = x }, "a")
equal(wait.any { late = 9, soon = 0.01 }, "soon")
local all = wait.all { a = task(0.02, 1), b = task(0.01, 2), task(0, 3) }
equal(all.a, 1) equal(all.b, 2) equal(all[1], 3)
raises("timeout", { "0.05 s", "task of Tests/Scripts/waits.lua:19" }, wait.all,
  { task(0), task(9) }, { timeout = 0.05 })
raises("usage", "wait.any wants a table of events", wait.any, {})
raises("usage", "positions have gaps", wait.any, { [7] = x })
raises("usage", "seconds or an event, got true", wait.all, { true })

-- Tasks: results, failures, cancellation with handlers that wait.
equal(select("#", wait(task(0, nil, nil))), 2)
raises("assertion", "waits.lua:39: boom", wait, spawn(function()
  error("boom")
end))
raises("assertion", "{ code = 7 }", wait, spawn(function() error({ code = 7 }) end))
raises("assertion", "nil was raised", wait, spawn(function() error(nil) end))
local order = {}
local cancelled = spawn(function()
  local _ <close> = setmetatable({}, { __close = function()
    wait(0.05) order[#order + 1] = "closed"
  end })
  pcall(wait, 100)
  order[#order + 1] = "not reached: pcall does not swallow a cancellation"
end)
wait(0.01)
cancelled:cancel() cancelled:cancel()
raises("assertion", "was cancelled", wait, cancelled)
equal(table.concat(order, " "), "closed")
do
  local scoped <close> = spawn(function() wait(100) end)
end
raises("usage", "spawn wants a function", spawn, 1)

-- A wait inside a coroutine of the script's own.
local inside = coroutine.wrap(function() wait(0.01) coroutine.yield(1) wait(0.01) return 2 end)
equal(inside(), 1) equal(inside(), 2)

-- A wait in the body of a module.
local waiting, file = require "modules.waiting"
equal(waiting.name, "modules.waiting") equal(file, "Tests/Scripts/modules/waiting.lua")
assert(waiting == require "modules.waiting" and waiting.at < now())
raises("lua", "bad argument #1 to 'require' (string expected, got no value)", require)
raises("lua", "module 'nowhere' not found:", require, "nowhere")
raises("lua", "stack overflow", require, "modules.circular")
package.loaded["modules.waiting"] = nil
local twice = parallel { function() return require "modules.waiting" end,
  function() return require "modules.waiting" end }
assert(twice[1] == twice[2], "two tasks load a module once")
local second = spawn(function() return require "modules.waiting-too" end)
raises("usage", "two tasks load modules that require each other", function()
  parallel { function() require "modules.left" end, function() require "modules.right" end }
end)
wait(second)
raises("usage", "would never end", wait, math.huge)
raises("usage", "missing ']'", pattern, "abc[%d")
raises("usage", "ends with '%'", pattern, "abc%")
raises("usage", "unfinished capture", pattern, "ab(c")
raises("usage", "invalid pattern capture", pattern, "abc)")
raises("usage", "invalid capture index %2", pattern, "(a)%2")
raises("usage", "missing '[' after '%f'", pattern, "x%fa")
pattern "^(%S+)%s*()[]%]]%1%b()%f[%w]%.$"

-- parallel: all results, or the first failure, which cancels the others.
local both = parallel { function() wait(0.02) return 1 end, function() return 2 end }
equal(both[1], 1) equal(both[2], 2) equal(#parallel {}, 0)
started = now()
raises("assertion", "first", parallel, { function() wait(9) end, function() error "first" end })
assert(now() - started < 5)
raises("usage", "parallel", parallel, 1)

-- wait.eventually: falsy values and failed checks are tried again, other errors are not.
local tries = 0
equal(wait.eventually(function() tries = tries + 1 return tries == 3 and "third" end), "third")
tries = 0
raises("timeout", { "the function returned false, still after 0.1 s of trying (", " times)" },
  wait.eventually, function() tries = tries + 1 return false end, { timeout = 0.1 })
assert(tries > 1)
raises("lua", "attempt to index a nil value", wait.eventually, function() return late.no.field end)
raises("usage", "not negative", wait.eventually, function() wait(-1) end)
started = now()
raises("timeout", "0.1 s", wait.eventually, function() wait(task(60)) end, { timeout = 0.1 })
assert(now() - started < 5, "an inner wait is capped")
local err = raises("timeout", "timed out waiting for", wait.eventually,
  function() wait(task(60), { timeout = 70 }) end, { timeout = 0.1 })
assert(not tostring(err):find("70", 1, true), "the cap passed, not the wait's own time-out")
raises("usage", "wants a function, got number", wait.eventually, 1)
raises("usage", "no field 'tries'", wait.eventually, print, { tries = 1 })
raises("usage", "timeout", wait.eventually, print, { timeout = "1" })
print "done"
