-- io.popen as in Lua, but that its commands end with the run.
-- stdout: got
-- stdout: nil	exit	3
local check = require "modules.check"
io.stdout:setvbuf "no"
local writer = io.popen("cat; exit 3", "w")
writer:write "got\n"
print(writer:close())
check.equal(io.popen("printf 'a\\nb'"):read "a", "a\nb")
for line in io.popen("echo one"):lines() do check.equal(line, "one") end
check.equal(select(3, io.popen("kill -9 $$"):close()), 9)
check.equal(io.type(io.popen "true"), "file")
check.raises("usage", "mode \"r\" or \"w\", got 'rw'", io.popen, "true", "rw")
for i = 1, 100 do io.popen "true" end
collectgarbage()
io.popen "sleep 1000; sleep 1000"
