-- What can never come is found at once, and what may still come is waited for.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local channel = require "vmscript.channel"
local barrier = require "vmscript.barrier"
local started = now()
local function stuck(texts, f, ...)
  local err = raises("usage", "deadlock: nothing can come any more", f, ...)
  local notes = table.concat(err.notes, "\n")
  for _, text in ipairs(texts) do assert(notes:find(text, 1, true), text .. " is not in " .. notes) end
end

-- Tasks that wait for each other.
local a, b
a = spawn(function() wait(b) end)
b = spawn(function() wait(a, { timeout = math.huge }) end)
stuck({ "main at Tests/Scripts/deadlock.lua:20 waits for task of Tests/Scripts/deadlock.lua:16",
  "task of Tests/Scripts/deadlock.lua:16 at Tests/Scripts/deadlock.lua:16 waits for task of Tests/Scripts/deadlock.lua:17",
}, function() wait(a) end)
stuck({}, wait.any, { a, b }) stuck({}, wait.all, { a, b })
-- What has come already is not among what is waited for.
stuck({ "main at Tests/Scripts/deadlock.lua:24 waits for task of Tests/Scripts/deadlock.lua:17\n" }, function()
  wait.all { spawn(function() end), b, timer(0) }
end)
a:cancel() b:cancel()
-- Channels that nobody puts into or takes from, barriers that nobody comes to.
local c = channel { name = "jobs", capacity = 1 }
stuck({ "waits for a value from channel 'jobs'" }, function() c:take() end)
c:put(1)
stuck({ "waits for room in channel 'jobs'" }, function() c:put(2) end)
c:take()
stuck({ "waits for 2 more tasks to arrive at the barrier of Tests/Scripts/deadlock.lua:34" },
  function() barrier(3):arrive() end)
-- Inside a coroutine: the line that waits, not the one that resumed.
stuck({ "main at Tests/Scripts/deadlock.lua:37 waits" }, function()
  coroutine.wrap(function() c:take() end)()
end)
stuck({}, parallel, { function() c:take() end, function() c:take() end })
stuck({}, race, { function() c:take() end, function() c:take() end })
raises("usage", "a task cannot wait for itself", function()
  local self
  self = spawn(function() wait(self) end)
  wait(self)
end)
assert(now() - started < 30, "found at once")
-- A machine that was never started.
local idle = microvm { start = false }
stuck({ "the agent of machine" }, function() wait(idle:ready()) end)

stuck({ "the end of machine" }, function() wait(idle:exited()) end)
-- A cable of which nobody but the script has an end.
local left, right = socketpair()
raises("usage", "leads nowhere", left.read, left)
raises("usage", "leads nowhere", wait, right)

-- No deadlock: time-outs of the script's, blocks, timers, signals, host processes, tasks that sleep.
raises("timeout", "after 0.02 s", c.take, c, { timeout = 0.02 })
raises("timeout", "0.02 s of within", within, 0.02, c.take, c)
raises("timeout", "0.1 s", wait.eventually, function() return c:take() end, { timeout = 0.1 })
equal(wait.any { value = c:receive(), late = 0.02 }, "late")
wait.never(c:receive(), 0.02)
local usr1 = signal "USR1"
local pipe <close> = io.popen "sleep 0.1; kill -USR1 $PPID"
equal(wait.any { c:receive(), usr1 }, 2)
spawn(function() wait(0.05) c:put "late" end)
equal(c:take(), "late")
-- A task that is told may go on.
local told
local t = spawn(function() return c:take() end)
told = not pcall(wait, t)
assert(told) c:put "after all" equal(wait(t), "after all")
print "done"
