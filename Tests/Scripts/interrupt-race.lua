-- Ctrl-C in a race inside a block: all handlers run, those of the tasks first.
-- signal: INT
-- status: 130
-- stdout: racer closed, block closed
-- stderr: interrupted by SIGINT
local log = {}
local function closing(text)
  return setmetatable({}, { __close = function() wait(0.05) log[#log + 1] = text .. " closed" end })
end
local _ <close> = setmetatable({}, { __close = function() print(table.concat(log, ", ")) end })
within(60, function()
  local _ <close> = closing "block"
  race {
    function() local _ <close> = closing "racer" pcall(wait, 60) end,
    function() print "ready" wait(60) end,
  }
end)
