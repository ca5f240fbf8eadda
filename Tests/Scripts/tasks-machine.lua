-- Deadlines, races, deadlocks and what should never come, with a machine.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local channel = require "vmscript.channel"
local mine, theirs = socketpair()
local vm = microvm { name = "a", channels = { line = theirs }, may_exit = true }
local which = race { up = function() wait(vm:ready()) end, down = function() wait(vm:exited()) end }
equal(which, "up")

-- A block's end names what it waited for, with the machine's evidence, and ends the command.
local function sleeps() return vm:sh("ps"):find("sleep 77", 1, true) end
local err = raises("timeout", { "after 1 s of within", "waiting for", "sleep 77", "machine 'a'" },
  within, 1, function()
    while true do pcall(vm.sh, vm, "sleep 77") end
  end)
equal(err.machine, "a") assert(table.concat(err.notes, "\n"):find "machine 'a' started at")
wait.eventually(function() return not sleeps() end)
raises("timeout", { "0.05 s of within", "console text 'nothing of the kind'" }, within, 0.05,
  vm.expect, vm, "nothing of the kind")

-- A cable's end and a task as events, the rest of a race ended with its commands.
local device = "/dev/" .. vm:sh [[
  for port in /sys/class/virtio-ports/*; do
    if test "$(cat $port/name 2>/dev/null)" = line; then basename $port; fi
  done]]
equal(wait.any { data = mine, late = timer(0.05) }, "late")
local writer = spawn(function() vm:sh("echo hello >" .. device) return "written" end)
local late = timer(60)
equal(wait.any { data = mine, late = late }, "data") equal(mine:read "line", "hello")
equal(wait(writer), "written")
which = race {
  quick = function() vm:sh "true" end,
  slow = function()
    local _ <close> = setmetatable({}, { __close = function() vm:sh "touch /tmp/closed" end })
    vm:sh "sleep 77"
  end,
}
equal(which, "quick") vm:sh "test -e /tmp/closed" assert(not sleeps())

-- A living machine brings nothing to those who wait for each other.
local started = now()
raises("usage", "deadlock", function() channel():take() end)
assert(now() - started < 5)
raises("timeout", "after 0.1 s", wait, vm:event "STOP", { timeout = 0.1 })

-- What should never come.
wait.never({ vm:output "no such text", vm:event "GUEST_PANICKED" }, 0.1)
local typed = spawn(function() wait(0.1) vm:sh "echo BANG >/dev/console" end)
raises("assertion", { "'bang', console text 'BANG' of machine 'a', came, with 'BANG'", "within 60 s" },
  wait.never, { bang = vm:output "BANG", stop = vm:event "STOP" }, 60)
wait(typed)
spawn(function() wait(0.1) vm:kill() end)
raises("exited", "while waiting for QMP event STOP", wait.never, vm:event "STOP", 60)
raises("usage", "deadlock", function() channel():take() end)
print "done"
