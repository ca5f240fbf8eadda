-- SIGKILL of vmscript: nothing is left.
-- signal: KILL
-- status: -9
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
local chip = tpm()
local pc = qemu { name = "b", tpm = chip }
wait(vm:ready())
io.popen "sleep 1000; sleep 1000"
print "ready"
wait(100)
