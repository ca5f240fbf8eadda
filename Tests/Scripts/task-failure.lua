-- A task that fails with nobody waiting fails the script.
-- status: 1
-- stderr: task-failure.lua:5: boom
-- stderr: in task 'task of Tests/Scripts/task-failure.lua:5', spawned at Tests/Scripts/task-failure.lua:5
spawn(function() error("boom") end)
wait(0.01)
print "main went on"
