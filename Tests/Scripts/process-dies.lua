-- A process that fails while the script waits for something else fails the script.
-- status: 1
-- stderr: process-dies.lua:12: process 'daemon' exited with status 5: no port while the script waited for 60 s to pass
-- stderr: process 'daemon' started at Tests/Scripts/process-dies.lua:11; the last lines it wrote:
-- stderr:     up
-- stderr: logs:
-- stderr: process-daemon
-- not-stderr: unreached
local task = process { "sleep", "1000", name = "other" }
process { "true" } wait(0.05)  -- status 0 is no failure
process { "sh", "-c", "echo up; sleep 0.1; echo no port >&2; exit 5", name = "daemon" }
wait(60)
print("unreached", task)
