-- A text that the console may not show fails whatever wait there is, at once.
-- status: 1
-- stdout: guest_panic	a
-- stderr: forbidden.lua:12: the console of machine 'a' shows the forbidden text 'on fire': the disk is on fire, really while waiting for console text 'never'
-- stderr: machine 'a' started at Tests/Scripts/forbidden.lua:8; last lines of its console:
-- stderr: the disk is on fire, really
-- not-stderr: died unasked
local vm = microvm { name = "a", forbid = { "no such thing", "on fire" } }
vm:sh "echo 'the disk is warm' >/dev/console"
vm:expect "is warm"
vm:send "echo 'the disk is on 'fire, really\n"
local ok, err = pcall(wait, vm:output "never")
print(err.kind, err.machine)
error(err, 0)
