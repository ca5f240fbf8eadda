-- QEMU crashes, and is killed by somebody else, during a wait.
-- status: 1
-- stdout: crashed by 11
-- stderr: qemu-dies.lua:19: machine 'a' was killed by SIGKILL and this script did not ask for it
-- stderr: out-of-memory killer
-- stderr: while waiting for the agent
-- stderr: logs:
local check = require "modules.check"
local vm = microvm { name = "a" }
vm:qmp "query-status"
check.kill("SEGV", check.child "qemu-system")
local err = check.raises("exited", { "QEMU of machine 'a' was ended by signal 11",
  "while waiting for console text 'x'" }, wait, vm:output "x")
print("crashed by " .. err.signal)
assert(err.code == nil)
vm:start()
vm:qmp "query-status"
check.kill("KILL", check.child "qemu-system")
wait(vm:ready())
