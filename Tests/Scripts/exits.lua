-- How a machine ends, and what its script is told of it.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

-- The first end of many: the guest powers off, unasked, during a wait for something else.
local ports = portmap { [80] = 18766 }
local vm = microvm { name = "a", ports = ports }
local macs = table.concat(vm:args(), " "):match "mac=%S+"
wait(vm:ready())
local mac = vm:sh "cat /sys/class/net/*/address"
vm:send "poweroff\n"
local err = raises("exited", { "powered off", "while waiting for console text 'never'" },
  function() wait(vm:output "never") end)
equal(err.machine, "a") equal(err.code, 0) assert(err.where:find "exits.lua:14", err.where)

-- Again, with the same addresses and ports; the event given to a wait is delivered, and wins.
vm:start()
equal(table.concat(vm:args(), " "):match "mac=%S+", macs)
equal(vm:sh "cat /sys/class/net/*/address", mac) equal(ports[80], 18766) equal(vm.boots, 2)
vm:send "poweroff\n"
local which, how = wait.any { never = vm:output "never", ended = vm:exited() }
equal(which, "ended") equal(how.reason, "poweroff") equal(how.code, 0)

-- A reboot that nobody asked for ends the machine, and is no good end.
vm:start() wait(vm:ready())
vm:send "reboot\n"
err = raises("exited", { "its guest rebooted", "reboot = true" }, wait, vm:exited())
equal(err.code, 0)

-- kill is the power gone, and no failure.
vm:start() vm:kill()
equal(wait(vm:exited()).reason, "killed")
raises("exited", { "powered off", "a:start()" }, function()
  vm:start() wait(vm:ready()) vm:shutdown() vm:sh "true"
end)

-- reboot = true lets it go on; a main task that waits for time alone hears of the end too.
local b = microvm { name = "b", reboot = true }
wait(b:ready())
b:send "reboot\n"
wait.eventually(function() return b.boots == 2 end)
equal(b:sh "hostname", "b")
b:send "poweroff\n"
raises("exited", { "machine 'b' powered off", "the script waited for 100 s to pass" }, wait, 100)

-- may_exit: it may end as it likes, and still nothing can be asked of it.
local c = microvm { name = "c", may_exit = true, agent = false }
c:expect "#" c:send "poweroff\n"
equal(wait(c:exited()).reason, "poweroff")
raises("exited", "powered off", c.sh, c, "true")
print "done"
