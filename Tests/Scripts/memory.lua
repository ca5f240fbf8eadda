-- A script that uses up all memory is told so.
-- limit: 500000
-- status: 1
-- stderr: not enough memory
local t = {}
while true do t[#t + 1] = ("x"):rep(1 << 20) .. #t end
