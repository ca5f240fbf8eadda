-- within: a deadline on a block, which no pcall inside can swallow.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local log = {}
local function closing(name, seconds)
  return setmetatable({}, { __close = function() wait(seconds or 0) log[#log + 1] = name end })
end

-- What it returns, and raises.
equal(select("#", within(5, function(...) wait(0.01) return ... end, 1, nil, nil)), 3)
local mark = {}
local ok, value = pcall(within, 5, function() wait(0) error(mark) end)
assert(not ok and value == mark, "an error stays what it is")
raises("assertion", "stays", within, 5, function() return wait(spawn(function() error "stays" end)) end)

-- The end, behind handlers that wait.
local started = now()
local err = raises("timeout",
  { "timed out after 0.05 s of within (Tests/Scripts/within.lua:21)", "waiting for 60 s to pass" },
  function() within(0.05, function()
    local _ <close> = closing("outer", 0.1)
    local ended, why = pcall(function()
      local _ <close> = closing("inner", 0.1)
      while true do pcall(wait, 60) end
    end)
    error("not reached: " .. tostring(why or ended))
  end) end)
equal(err.where, "Tests/Scripts/within.lua:25") equal(table.concat(log, " "), "inner outer")
assert(now() - started >= 0.25 and now() - started < 20)
-- Waits that are true at once are waits too.
raises("timeout", "waiting for 0 s to pass", within, 0.02, function()
  while true do wait(0) end
end)
-- A handler that fails does not keep the block from ending, and is not lost.
err = raises("timeout", "0.02 s of within", within, 0.02, function()
  pcall(function()
    local _ <close> = setmetatable({}, { __close = function() error "in the handler" end })
    wait(60)
  end)
  error "not reached"
end)
assert(err.notes[1]:find "while the block was ended: .*in the handler")
-- Handlers may use pcall, coroutines and within themselves.
log = {}
raises("timeout", "0.02 s of within", within, 0.02, function()
  local _ <close> = setmetatable({}, { __close = function()
    log[1] = tostring(pcall(error, "x"))
    log[2] = select(2, pcall(within, 0.03, function() pcall(wait, 60) end)).kind
    log[3] = coroutine.wrap(function() wait(0.01) return "co" end)()
    log[4] = tostring(select(2, race { function() wait(9) end, function() return "raced" end }))
  end })
  wait(60)
end)
equal(table.concat(log, " "), "false timeout co raced")

-- Nested: the earliest wins, and the error is that of the block whose time ran out.
err = raises("timeout", "0.05 s of within", within, 60, function()
  return within(0.05, function() wait(60) end)
end)
local reached = false
raises("timeout", "0.04 s of within", within, 0.04, function()
  pcall(within, 60, function() wait(60) end)
  reached = true
end)
assert(not reached)
raises("timeout", "0.1 s of within", within, 0.1, function()
  raises("timeout", "0.02 s of within", within, 0.02, wait, 60)
  wait(60)
end)
raises("timeout", "0.03 s of within", within, 0.03, function()  -- its time is over in the handlers
  raises("timeout", "0.01 s of within", within, 0.01, function()
    local _ <close> = closing("late", 0.1)
    wait(60)
  end)
  wait(0)
end)
-- The script's own time-outs and those of eventually.
raises("timeout", "after 0.01 s waiting for 60 s", within, 60, wait, 60, { timeout = 0.01 })
raises("timeout", "0.05 s of within", within, 0.05, wait.eventually, function() return false end)
raises("timeout", "0.05 s of within", within, 0.05, function()
  local tasks = { spawn(wait, 0.2), spawn(wait, 0.2) }
  wait.all(tasks)
end)
wait(within(0.01, function() return spawn(wait, 0.05) end))  -- tasks begun inside are the script's

-- In coroutines: what is called inside the block is in time, what is called outside is not.
local co = coroutine.wrap(function()
  return within(0.05, function()
    coroutine.yield "first"
    local left, why = pcall(wait, 60)
    error "not reached"
  end)
end)
equal(co(), "first")
wait(0.1)
raises("timeout", "0.05 s of within", co)
raises("timeout", "0.03 s of within", within, 0.03, coroutine.wrap(function() wait(60) end))
coroutine.wrap(function() within(0.01, coroutine.yield) end)()
collectgarbage() wait(0.02)
-- In a task, and cancelled there.
log = {}
local task = spawn(within, 60, function()
  local _ <close> = closing("cancelled", 0.01)
  pcall(wait, 60)
end)
wait(0.001) task:cancel() raises("assertion", "was cancelled", wait, task)
equal(log[1], "cancelled")
-- A cancellation waits for the handlers of a block whose time is over.
log = {}
task = spawn(function()
  pcall(within, 0.01, function()
    local _ <close> = closing("to its end", 0.1)
    wait(60)
  end)
  wait(0)
  log[#log + 1] = "not reached"
end)
wait(0.05) task:cancel() raises("assertion", "was cancelled", wait, task)
equal(table.concat(log, " "), "to its end")

raises("usage", "within wants a number of seconds first, got nil", within)
raises("usage", "got -1", within, -1, print)
raises("usage", "got inf", within, math.huge, print)
raises("usage", "got soon", within, "soon", print)
raises("usage", "within wants a function behind the seconds, got nil", within, 1)
print "done"
