-- What a <close> handler raises does not hide what the script failed of.
-- status: 1
-- stderr: vmscript: Tests/Scripts/close-error.lua:6: cannot clean up
-- stderr:   this came while the script ended because of: Tests/Scripts/close-error.lua:8: the cause
-- not-stderr: again:
local _ <close> = setmetatable({}, { __close = function() error "cannot clean up" end })

error "the cause"
