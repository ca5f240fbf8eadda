-- SIGKILL of vmscript: nothing is left.
-- signal: KILL
-- status: -9
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
local chip = tpm()
local pc = qemu { name = "b", tpm = chip }
wait(vm:ready())
print "ready"
wait(100)
