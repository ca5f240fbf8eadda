-- Lua drops what a finalizer raises; that it waited is said all the same.
-- status: 1
-- stderr: wait-in-finalizer.lua:6: cannot wait in a __gc metamethod
-- stderr: use a <close> variable
local function drop()
  setmetatable({}, { __gc = function() wait(0.01) end })
end
drop()
collectgarbage()
wait(0.01)
