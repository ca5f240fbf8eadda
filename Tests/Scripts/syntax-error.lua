-- status: 2
-- stderr: vmscript: Tests/Scripts/syntax-error.lua:4: unexpected symbol near '='
local x
x = = 1
