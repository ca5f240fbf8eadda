-- An error inside a block is reported with its own line and callers.
-- status: 1
-- stderr: within-error.lua:8: attempt to index a nil value
-- stderr:     8 │ local function deep(x) return x.field.name end
-- stderr:     Tests/Scripts/within-error.lua:9 in
-- stderr:     Tests/Scripts/within-error.lua:10 in main chunk
pcall(within, 1, error)
local function deep(x) return x.field.name end
local function middle() local y = deep({}) return y end
within(60, function() local z = within(50, middle) return z end)
