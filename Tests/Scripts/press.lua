-- Keys on a machine's keyboard, for a guest that sends back what the BIOS makes of them.
-- stdout: done
local check = require "modules.check"
-- Says 'R', then reads keys (int 16h) and writes them to the serial port.
local code = "\xb0R\xba\xf8\x03\xee" .. "\x31\xc0\xcd\x16\xba\xf8\x03\xee\xeb\xf6"
local path = os.tmpname()
local file = assert(io.open(path, "wb"))
file:write(code, ("\0"):rep(510 - #code), "\x55\xaa", ("\0"):rep(2 << 20))
file:close()
local vm <close> = qemu { name = "a", disks = { path }, agent = false, memory = "32M", user_net = false }
vm:expect "R"
os.remove(path)
vm:press("h", "i", "shift-1", "space", "shift-a", "backspace", "b")
vm:expect "hi! Ab"
check.raises("usage", "press knows no key 'entr'; did you mean 'enter'?", vm.press, vm, "entr")
check.raises("usage", "press wants the names of keys", vm.press, vm, { "enter" })
check.raises("usage", "press it with shift", vm.press, vm, "A")
local small = microvm { start = false }
check.raises("usage", "a microvm has no keyboard", small.press, small, "enter")
print "done"
