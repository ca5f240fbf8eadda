-- Fails in a task of parallel, for PromptTests.
local function lose()
  local inside = "of the task"
  error "lost"
  return inside
end

local _ <close> = setmetatable({}, { __close = function() print "main is closed" end })
parallel { function() wait(1000) end, lose }
