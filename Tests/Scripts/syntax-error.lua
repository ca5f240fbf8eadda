-- status: 2
-- stderr: vmscript: Tests/Scripts/syntax-error.lua:5: unexpected symbol near '='
-- stderr:     5 │ x = = 1
local x
x = = 1
