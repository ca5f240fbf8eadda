-- A loop without a wait yields to Ctrl-C.
-- signal: INT
-- status: 130
-- stderr: endless-loop-interrupt.lua:8: interrupted by SIGINT
-- stdout: closed
local x <close> = setmetatable({}, { __close = function() print("closed") end })
io.stdout:setvbuf "no" print "ready"
while true do end
