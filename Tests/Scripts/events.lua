-- timer, signal, wait.never, without a machine.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local channel = require "vmscript.channel"

-- A timer counts from its making, and stays true.
local started = now()
local t = timer(0.1)
wait(0.06) wait(t)
assert(now() - started >= 0.1 and now() - started < 5)
wait(t) equal(wait.any { 9, t = t }, "t") equal(tostring(t), "timer of 0.1 s")
equal(wait.any { long = timer(9), short = timer(0.01) }, "short")
raises("usage", "timer wants a number of seconds", timer, "1")
raises("usage", "got inf", timer, math.huge) raises("usage", "got -1", timer, -1)

-- Signals: each since the event was made, once.
local function send(name) assert(os.execute("kill -" .. name .. " $PPID")) end
local usr1, usr2, window, hup = signal "USR1", signal "USR2", signal "WINCH", signal "HUP"
send "USR1"
equal(wait(usr1), "USR1")
equal(wait.any { usr1, usr2, window, late = 0.02 }, "late")
raises("timeout", "after 0.01 s waiting for signal USR1", wait, usr1, { timeout = 0.01 })
local later = signal "USR1"
send "USR1" send "USR2" send "WINCH" send "HUP"
wait.all { usr1, later, usr2, window, hup }
raises("usage", "did you mean 'USR1'?", signal, "USR3")
for _, given in ipairs { "INT", "KILL", 9 } do
  local text = tostring(raises("usage", "; known: HUP, USR1, USR2, WINCH", signal, given))
  equal(select(2, text:gsub("USR1", "")), 1)
end
raises("usage", "got nil", signal)

-- wait.never.
local c = channel { name = "c" }
started = now()
equal(select("#", wait.never(c:receive(), 0.05)), 0)
assert(now() - started >= 0.05)
wait.never({ usr1, x = c:receive() }, 0.01)
spawn(function() wait(0.01) c:put "bad" end)
raises("assertion", "a value from channel 'c', came, with 'bad'; it should not within 9 s",
  wait.never, c:receive(), 9)
local task = spawn(function() wait(0.01) return 1, {} end)
raises("assertion", { "'early', task of", "came, with 1, a table;" }, wait.never,
  { early = task, c:receive(), usr1 }, 9)
raises("assertion", "boom", wait.never, spawn(function() wait(0.01) error "boom" end), 9)
raises("timeout", "0.02 s of within", within, 0.02, wait.never, c:receive(), 9)
raises("timeout", "0.03 s", wait.eventually, function() wait.never(c:receive(), 9) return true end,
  { timeout = 0.03 })
raises("usage", "got nil seconds", wait.never, c:receive())
raises("usage", "got inf seconds", wait.never, c:receive(), math.huge)
raises("usage", "wait.never cannot wait for a channel", wait.never, c, 1)
raises("usage", "wait.never wants a table of events", wait.never, {}, 1)
raises("usage", "has no options", wait.never, t, 0.01, { timeout = 1 })
print "done"
