-- A serial port that goes to a file, and one that goes to the terminal: whole lines, and harmless.
-- stdout: done
-- stderr: b │ plain text
-- stderr: b │ red and no bell
-- stderr: b │ unfinished
local check = require "modules.check"
local path = os.tmpname()
local removed <close> = setmetatable({}, { __close = function() os.remove(path) end })
local a = microvm { name = "a", serial = { file = path } }
a:sh "echo 'to the file' >/dev/console"
a:expect "to the file"
wait.eventually(function()
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a"):find("to the file", 1, true)
end)
a:kill()
a:start()
a:sh "echo second >/dev/console"
a:expect "second"
a:kill()
local file <close> = assert(io.open(path, "rb"))
local text = file:read "a"
assert(text:find("to the file", 1, true) and text:find("second", 1, true))

local b <close> = microvm { name = "b", serial = { terminal = true, interactive = true } }
b:sh [[printf 'plain text\n\033[31mred\033[0m and\007 no bell\nunfinished' >/dev/console]]
b:expect "unfinished"
print "done"
