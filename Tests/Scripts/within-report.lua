-- What a person reads when a block's time is over, and when one fails.
-- status: 1
-- stderr: within-report.lua:9: timed out after 0.02 s of within (Tests/Scripts/within-report.lua:15), waiting for 60 s to pass
-- stderr:   called from:
-- stderr:     Tests/Scripts/within-report.lua:15 in main chunk
local function deep()
  local _ <close> = setmetatable({}, { __close = function() wait(0.01) end })
  if now() > 1000 then return end
  wait(60)
end
local ok, err = pcall(within, 1, function() local x = nil; return x.field end)
assert(not ok and err:find "within%-report.lua:11: attempt to index a nil value")
wait(0)

within(0.02, deep)
