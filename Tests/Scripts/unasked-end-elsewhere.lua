-- A machine that dies unasked fails a command that runs in another one; not if a task waits for it.
-- status: 1
-- stdout: the task was told	exited
-- stderr: unasked-end-elsewhere.lua:16: machine 'b' was killed by SIGKILL
-- stderr: while the script waited for command 'sleep 100' on machine 'a'
local check = require "modules.check"
local a = microvm { name = "a" }
local b = qemu { name = "b", agent = false, "-S" }
a:sh "true"
spawn(function() local _, e = pcall(wait, b:exited()) print("the task was told", e.kind) end)
wait(0.01)
check.kill("KILL", check.child "qemu-system")
a:sh "sleep 0.5"
b:start() b:qmp "query-status"
check.kill("KILL", check.child "qemu-system")
a:sh "sleep 100"
