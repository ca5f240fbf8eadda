-- With --jobs 1 a second machine waits for its turn, and says so.
-- options: --jobs 1
-- stdout: done
-- stderr: vmscript: machine 'b' waits for its turn: a runs, and --jobs allows 1 at a time
-- stderr: vmscript: machine 'c' waits for its turn: a runs
-- not-stderr: 'd'
local check = require "modules.check"
local a = microvm { name = "a" }
local ports = portmap { 80 }
local b = microvm { name = "b", ports = ports }
local c = microvm { name = "c" }
check.equal(b.boots, 0)
check.raises("timeout", { "timed out after 0.1 s waiting for the agent of machine 'b'",
  "machine 'b' is not started yet: it waits for its turn: a runs" }, wait, b:ready(), { timeout = 0.1 })
check.raises("usage", "waits for its start already", b.start, b)
local waiter = spawn(function() return b:sh "uname -n" end)
local shown = spawn(function() return b:expect "agent-said" end)
wait(a:ready())
check.equal(b.boots, 0)
local dialled = spawn(function() return ports:dial(80) end)
a:shutdown()
check.equal(wait(waiter), "b") check.equal(b.boots, 1)
b:sh "echo agent-said >/dev/console" wait(shown)
wait(dialled):close()
-- One that is not wanted any more never starts, and holds up nobody.
c:kill()
check.equal(wait(c:exited()).reason, "killed") check.equal(c.boots, 0)
do local d <close> = microvm { name = "D", start = false } end
b:kill()
-- A start that waited and fails is the script's news.
local e = qemu { name = "e", agent = false, "-S" }
local f = qemu { name = "f", agent = false, "-S", "-no-such-option" }
e:kill()
check.raises("launch", "QEMU refused to start machine 'f'", wait, f:output "x")
print "done"
