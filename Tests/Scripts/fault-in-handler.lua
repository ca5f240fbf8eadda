-- A task's failure that comes while main is being unwound is not lost, though main waits no more.
-- status: 1
-- stderr: fault-in-handler.lua:6: boom
-- stdout: undisturbed
-- stderr: in task 'task of Tests/Scripts/fault-in-handler.lua:6'
spawn(function() wait(0.03) error "boom" end)
pcall(within, 0.01, function()
  local _ <close> = setmetatable({}, { __close = function() wait(0.1) print "undisturbed" end })
  wait(60)
end)
