-- What fails while a cancelled task is closed is not lost.
-- status: 1
-- stderr: task-close-failure.lua:8: cannot clean up
-- stderr: in task 'task of Tests/Scripts/task-close-failure.lua:6'
-- stderr:     Tests/Scripts/task-close-failure.lua:11 in main chunk
local task = spawn(function()
  local _ <close> = setmetatable({}, { __close = function()
    error "cannot clean up"
  end }) wait(60) end)
wait(0.001) task:cancel()
wait(5)
