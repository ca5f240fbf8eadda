-- Ctrl-C during a match that takes for ever: `<close>` handlers run.
-- signal: INT 1
-- status: 130
-- stdout: closed
-- stderr: interrupted by SIGINT
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
vm:sh "head -c 60000 /dev/zero | tr '\\0' x >/dev/console; echo >/dev/console"
wait(vm:output "xxx")
local _ <close> = setmetatable({}, { __close = function() print "closed" end })
print "ready"
vm:expect(pattern "x*x*x*x*x*x*y")
