-- The second Ctrl-C waits for no handler.
-- signal: INT 2
-- status: 130
-- stderr: vmscript: interrupted by SIGINT
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
vm:qmp "query-status"
local x <close> = setmetatable({}, { __close = function() wait(1000) end })
print "ready"
wait(1000)
