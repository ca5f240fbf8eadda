-- A machine at the terminal, for TerminalTests.
io.stdout:setvbuf "no"
local vm = microvm { name = "a", serial = { terminal = true, interactive = true } }
wait(vm:ready())
print "ready"
vm:expect "typed by hand"
print "seen"
wait(vm:output "released", { timeout = 100 })
