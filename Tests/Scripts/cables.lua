-- Two machines on a cable: carrier at both; the script at the end of a channel and of a serial port.
-- stdout: done
local check = require "modules.check"
local left, right = socketpair()
local mine, theirs = socketpair()
local line, port = socketpair()
local a = microvm { name = "a", net = { { left, name = "x", address = "10.0.0.1/24" } },
  channels = { log = theirs } }
local b = microvm { name = "b", net = { { right, name = "x", address = "10.0.0.2/24" } },
  serial = port }
wait.all { a:ready(), b:ready() }

local function carrier(machine) return machine:sh "cat /sys/class/net/x/carrier" end
local function both(state)
  wait.eventually(function() return carrier(a) == state and carrier(b) == state end)
end
both "1"
wait.eventually(function() return a:sh "ping -c 1 -W 1 10.0.0.2" end)
left:unplug() both "0"
a:fails "ping -c 1 -W 1 10.0.0.2"
left:unplug() right:plug() both "1"
wait.eventually(function() return b:sh "ping -c 1 -W 1 10.0.0.1" end)

-- A channel, by name in the guest's device tree, both ways and binary.
local device = "/dev/" .. a:sh [[
  for port in /sys/class/virtio-ports/*; do
    if test "$(cat $port/name 2>/dev/null)" = log; then basename $port; fi
  done]]
a:sh("printf 'one\\ntwo\\000\\377' >" .. device)
assert(wait(mine) >= 1, "as an event: how much there is")
check.equal(mine:read "line", "one")
check.equal(mine:read(4), "two\0") check.equal(mine:read(), "\xff")
check.raises("timeout", "something to read from cable end", mine.read, mine, 1, { timeout = 0.1 })
local reader = spawn(function() return a:sh("head -n 2 " .. device) end)
mine:write "to the guest\nsecond\n"
check.equal(wait(reader), "to the guest\nsecond")
-- A guest that does not read makes the writer wait.
check.raises("timeout", "the other side does not read", mine.write, mine, ("x"):rep(4 << 20),
  { timeout = 0.2 })
check.raises("timeout", "nothing of it was sent", mine.write, mine, "y", { timeout = 0.1 })
local count = spawn(function() return a:sh(("head -c %d %s | wc -c"):format(4 << 20, device)) end)
mine:write "z"
check.equal(wait(count), tostring(4 << 20))
check.raises("usage", "number of bytes, \"line\" or \"all\"", mine.read, mine, "words")
check.raises("usage", "number of bytes", mine.read, mine, -1)
check.raises("usage", "write wants a string, got table", mine.write, mine, {})

-- The serial port: what the console shows, and typing.
line:write "echo ty''ped\n"
wait.eventually(function() return line:read("line"):find "typed" end)
b:expect "typed"
a:kill()
check.equal(mine:read "all", "") check.equal(mine:read "line", nil) check.equal(wait(mine), 0)
for text in mine:lines() do error("nothing comes any more: " .. text) end
check.raises("connection", "", mine.write, mine, "x")
print "done"
