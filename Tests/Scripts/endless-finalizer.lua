-- A finalizer that never ends, after everything is taken down: a signal ends the run all the same.
-- signal: TERM 2
-- status: 143
io.stdout:setvbuf "no"
local vm = microvm {}
vm:kill()
-- Lua runs finalizers without hooks: the first signal cannot raise an error in this one.
Kept = setmetatable({}, { __gc = function()
  print "ready"
  while true do end
end })
