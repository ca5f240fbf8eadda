-- What all else was doing when a script fails, and how to run it again.
-- status: 1
-- options: --seed 7 --timeout-scale 2
-- arguments: it's
-- stderr: vmscript: Tests/Scripts/failure-screen.lua:38: command 'echo complaint >&2; echo told >/dev/console; exit 3' on machine 'a' exited with status 3: complaint
-- stderr:    38 │ a:sh "echo complaint >&2; echo told >/dev/console; exit 3"
-- stderr:   machine 'a' started at Tests/Scripts/failure-screen.lua:23; last lines of its console:
-- stderr:  │ told
-- stderr:   meanwhile:
-- stderr:     task of Tests/Scripts/failure-screen.lua:29 at Tests/Scripts/failure-screen.lua:29 waits for console text 'nothing' of machine 'a'
-- stderr:     machine 'a': ready for
-- stderr:     machine 'b': not started
-- stderr:     machine 'c': ended by this script
-- stderr:     machine 'd': paused
-- stderr:     machine 'e': frozen by this script
-- stderr:   logs:
-- stderr:   again:
-- stderr: vmscript run --seed 7 --timeout-scale 2 Tests/Scripts/failure-screen.lua 'it'\''s'
-- not-stderr: main at
-- not-stderr: it waited for

local a, b, c, d, e =
  microvm { name = "a" }, microvm { name = "b", start = false }, microvm { name = "c" },
  microvm { name = "d" }, microvm { name = "e" }
-- What was interrupted and went on is not what it waited for at the end.
local failing = spawn(function() error "caught" end)
pcall(wait, failing)

spawn(function() wait(a:output "nothing") end)
c:kill()
d:pause()
e:freeze()
wait(a:ready())
a:sh "true"
-- Nobody is named twice, nor shown as waiting, who has ended.
wait(spawn(function() wait(0.01) end))

a:sh "echo complaint >&2; echo told >/dev/console; exit 3"
