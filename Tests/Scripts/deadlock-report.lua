-- A deadlock as a person reads it.
-- status: 1
-- stderr: deadlock-report.lua:10: deadlock: nothing can come any more of all that the script waits for, here task of Tests/Scripts/deadlock-report.lua:8
-- stderr:    10 │ wait.all { left, right }
-- stderr:   main at Tests/Scripts/deadlock-report.lua:10 waits for task of
-- stderr:   task of Tests/Scripts/deadlock-report.lua:8 at Tests/Scripts/deadlock-report.lua:8 waits for task of Tests/Scripts/deadlock-report.lua:9
local left, right
left = spawn(function() wait(right) end)
right = spawn(function() wait(left) end)
wait.all { left, right }
