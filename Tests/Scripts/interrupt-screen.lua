-- Who is interrupted while something hangs wants to know what hangs.
-- status: 130
-- signal: INT
-- stderr: vmscript: Tests/Scripts/interrupt-screen.lua:12: interrupted by SIGINT
-- stderr:   it waited for console text 'never' of machine 'a'
-- stderr:     task of Tests/Scripts/interrupt-screen.lua:11 at Tests/Scripts/interrupt-screen.lua:11 waits for 1000 s to pass
-- stderr: machine 'a':
-- not-stderr: last lines of its console
local vm = microvm { name = "a" }
print "ready" io.stdout:flush()
spawn(function() wait(1000) end)
vm:expect "never"
