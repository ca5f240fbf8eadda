-- Cancelling: handlers run to their end, whatever else happens; and what cannot be cancelled.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local log = {}
local function closing(name, seconds)
  return setmetatable({}, { __close = function() wait(seconds or 0) log[#log + 1] = name end })
end
local function logged() local text = table.concat(log, " ") log = {} return text end

-- Not begun: never begins. Ended: nothing. Twice, also while its handlers wait: once.
local task = spawn(function() log[1] = "begun" end)
task:cancel()
raises("assertion", "was cancelled", wait, task) equal(logged(), "")
task = spawn(function() return 7 end)
equal(wait(task), 7) task:cancel() equal(wait(task), 7)
task = spawn(function()
  local _ <close> = closing("first", 0.05)
  local _ <close> = closing("second", 0.05)
  wait(60)
end)
wait(0.001) task:cancel() wait(0.02) task:cancel() wait(0.05) task:cancel()
raises("assertion", "was cancelled", wait, task) equal(logged(), "second first")
-- Oneself: at the next wait.
task = spawn(function()
  local _ <close> = closing("own", 0.01)
  task:cancel()
  log[#log + 1] = "goes on"
  pcall(wait, 0)
  log[#log + 1] = "not reached"
end)
raises("assertion", "was cancelled", wait, task) equal(logged(), "goes on own")
-- A handler that fails cannot keep a task alive, and what it failed of is not lost.
task = spawn(function()
  pcall(function()
    local _ <close> = setmetatable({}, { __close = function() error "cannot clean up" end })
    wait(60)
  end)
  log[#log + 1] = "not reached"
end)
local other = spawn(function() wait(task) end)
wait(0.001) task:cancel()
raises("assertion", "cannot clean up", wait, other) equal(logged(), "")
-- The end of a block waits for the handlers.
do
  local scoped <close> = spawn(function()
    local _ <close> = closing("scoped", 0.05)
    wait(60)
  end)
  wait(0.001)
end
equal(logged(), "scoped")
raises("assertion", "in the scope", function()
  local scoped <close> = spawn(function()
    local _ <close> = setmetatable({}, { __close = function() error "in the scope" end })
    wait(60)
  end)
  wait(0.001)
end)
-- A task may end the one that waits for it, and itself with its scope.
task = spawn(function()
  local inner <close> = spawn(function() local _ <close> = closing("inner", 0.02) wait(60) end)
  local _ <close> = closing("outer")
  wait(60)
end)
wait(0.01) task:cancel() raises("assertion", "was cancelled", wait, task)
equal(logged(), "outer inner")
-- While it waits for a time that wait.eventually limits: the limit does not stay.
task = spawn(function()
  local _ <close> = closing("unlimited", 0.1)
  wait.eventually(function() wait(60) end, { timeout = 0.05 })
end)
wait(0.01) task:cancel() raises("assertion", "was cancelled", wait, task)
equal(logged(), "unlimited")
-- Many that wait for one, in the order in which they came.
local gate = spawn(wait, 0.02)
local waiters = {}
for i = 1, 50 do waiters[i] = spawn(function() wait(gate) log[#log + 1] = i end) end
wait.all(waiters)
for i = 1, 50 do equal(log[i], i) end
log = {}
-- Of many, each counts: an early failure, the last to end.
local many = {}
for i = 1, 200 do many[i] = spawn(function() wait((i % 7) / 200) return i end) end
local all = wait.all(many)
for i = 1, 200 do equal(all[i], i) end
for i = 1, 200 do many[i] = spawn(function() wait(i == 150 and 0.01 or 60) error "early" end) end
raises("assertion", "early", wait.all, many)
for _, each in ipairs(many) do each:cancel() end
for i = 1, 200 do many[i] = spawn(function() wait(i == 150 and 0.01 or 60) return i end) end
equal(select(2, wait.any(many)), 150)
equal(wait.any { many[150], 60, a = 60 }, 1)
print "done"
