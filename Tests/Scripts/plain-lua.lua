-- Plain Lua runs unchanged: arg, varargs, standard library, require beside the script.
-- arguments: one two
-- stdout: Tests/Scripts/plain-lua.lua	one	two	2
-- stdout: module beside:	42
-- stdout: closed
print(arg[0], arg[1], arg[2], #arg)
assert(select("#", ...) == 2 and arg[1] == "one" and (...) == "one")
print("module beside:", require("modules.beside").answer)
assert(package.loaded["modules.beside"] and require "vmscript".wait == wait)
local f = assert(io.open(os.tmpname(), "w")) f:write("x") f:close()
assert(os.execute("exit 3") == nil and select(3, os.execute("exit 3")) == 3)
assert(io.popen("echo hi"):read("l") == "hi")
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
assert(co() + co() + co() == 6)
goto done
error("not reached")
::done::
local x <close> = setmetatable({}, { __close = function() print("closed") end })
