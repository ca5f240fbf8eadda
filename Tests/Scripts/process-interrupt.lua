-- Ctrl-C ends processes that do not want to end, and those they started.
-- status: 130
-- signal: INT 1
-- stdout: ready
-- stdout: closed
-- stderr: interrupted by SIGINT
local deaf = process { "sh", "-c", "trap '' TERM INT; (trap '' TERM INT; sleep 1000) & echo up; while :; do sleep 0.1; done" }
deaf:expect "up"
local note <close> = setmetatable({}, { __close = function() print "closed" end })
print "ready"
wait(60)
