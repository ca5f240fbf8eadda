-- From standard input.
-- run as: stdin
-- arguments: a
-- status: 1
-- stdout: -	a	1
-- stderr: vmscript: stdin:10: at the end
-- stderr: called from:
-- stderr: stdin:12 in main chunk
print(arg[0], arg[1], select("#", ...))
local function f() error("at the end") end
assert(here "x" == "x")
f()
