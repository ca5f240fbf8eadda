-- Numbers and lists that are too large are refused, and nothing traps.
-- stdout: done
local check = require "modules.check"
local many = {} for i = 1, 590000 do many[i] = i end
local function refused(ok, err) return not ok and err.kind == "usage" and err.message end
check.equal(refused(pcall(spawn, print, table.unpack(many))), "too many arguments for a task")
local task = spawn(function() return table.unpack(many) end)
check.equal(refused(pcall(wait, task)), "too many results for a task")
check.equal(wait(spawn(function(...) return select("#", ...) end, table.unpack(many, 1, 1000))), 1000)
check.raises("usage", "less than 4 EiB", microvm, { memory = "20000000T" })
for _, status in ipairs { 0 / 0, 1e300, 0.5 } do
  check.raises("usage", "whole number", os.exit, status)
end
print "done"
