-- A loop without a wait yields to --timeout, pcall or not.
-- options: --timeout 0.5
-- status: 124
-- stderr: endless-loop-timeout.lua:7: out of time: the run's --timeout of 0.5 s has passed
-- stdout: closed
local x <close> = setmetatable({}, { __close = function() print("closed") end })
while true do pcall(function() while true do end end) end
