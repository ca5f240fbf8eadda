-- status: 1
-- stderr: cable-twice.lua:6:
-- stderr: has cable end
local left, right = socketpair()
local a = microvm { name = "a", net = { left } }
local b = microvm { name = "b", net = { left } }
