-- A guest whose kernel has no timer is booted again, which nobody sees, and given up in the end. A starved
-- host makes such guests now and then; this one never has a timer.
-- stdout: it sleeps
-- stderr: vmscript: machine 'a': its kernel found no timer (starved host); booting it again
local check = require "modules.check"

local vm = microvm { name = "a", cmdline = "noapictimer" }
local err = check.raises("agent", "the kernel of machine 'a' found no timer in 6 boots in a row", vm.sh, vm,
  "sleep 0.1")
assert(err.message:find("make it a qemu {}", 1, true), err.message)
check.equal(vm.boots, 1)
vm:kill()

vm:start { cmdline = "" }
vm:sh "sleep 0.1"
check.equal(vm.boots, 2)
print "it sleeps"
