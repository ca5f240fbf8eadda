-- A time-out shows what the console said last.
-- status: 1
-- stderr: timeout.lua:10: timed out after 1 s waiting for console text 'never' of machine 'a'
-- stderr:    10 │ vm:expect("never", { timeout = 1 })
-- stderr: machine 'a' started at Tests/Scripts/timeout.lua:8; last lines of its console:
-- stderr:     the last words
-- stderr: logs:
local vm = microvm { name = "a" }
vm:sh "echo the last words >/dev/console"
vm:expect("never", { timeout = 1 })
