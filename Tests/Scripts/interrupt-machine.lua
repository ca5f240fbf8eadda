-- Ctrl-C during a command in a guest: handlers may still use the machine, and then all is ended.
-- signal: INT
-- status: 130
-- stderr: interrupt-machine.lua:11: interrupted by SIGINT
-- stdout: still answers
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
local other = qemu { name = "b" }
wait(vm:ready())
local x <close> = setmetatable({}, { __close = function() print(vm:sh "echo still answers") end })
print "ready" pcall(vm.sh, vm, "sleep 1000")
print "not reached"
