-- Main has ended; what is left waits in a handler for what cannot come.
-- status: 1
-- stderr: deadlock-at-end.lua:6: deadlock: nothing can come any more
local empty = require "vmscript.channel" {}
spawn(function()
  local _ <close> = setmetatable({}, { __close = function() local v = empty:take() return v end })
  wait(60)
end)
wait(0.001)
