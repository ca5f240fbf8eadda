-- What can be said wrongly to a network: each mistake is an error that says so.
-- stdout: done
local check = require "modules.check"
local function no(text, f, ...) check.raises("usage", text, f, ...) end
local lan, other = network { name = "lan" }, network()
local a = microvm { name = "a", start = false, net = { lan } }
local b = microvm { name = "b", start = false, net = { { lan:port { name = "x", mac = "02:00:00:00:00:01" } } } }
local stranger = microvm { name = "stranger", start = false }
check.equal(lan.name, "lan") check.equal(other.name, "network") check.equal(tostring(lan), "network 'lan'")
assert(table.concat(b:args(), " "):find("socket,id=net0,fd=<net0>", 1, true))
assert(table.concat(b:args(), " "):find("mac=02:00:00:00:00:01", 1, true))
assert(b:command():find "hubport" and b:command():find "without what the cables lead to")

no("network wants a table of fields, got number", network, 1)
no("did you mean 'ageing'?", network, { aging = 1 })
no("field 'queue' wants a size from '128K' to '1G'", network, { queue = "1K" })
no("a network has no field 'cutt'; did you mean 'cut'?", function() lan:cutt(a) end)
no("partition wants groups, as in lan:partition({ a, b }, { c })", lan.partition, lan)
no("'a' is in two groups", lan.partition, lan, { a }, { a, b })
no("machine 'stranger' is not on network 'lan'; on it: a, b", lan.partition, lan, { a, stranger })
no("machine 'a' is not on network 'network'; nobody is", other.isolate, other, a)
no("partition wants a machine or a port of network 'lan', got 'a'", lan.partition, lan, "a")
no("isolate wants machines", lan.isolate, lan)
no("cut wants two ends, as in lan:cut(a, b) or lan:cut { from = a, to = b }", lan.cut, lan, a)
no("cut wants both ends, as in { from = a, to = b }", lan.cut, lan, { from = a })
no("cut has no field 'form'; did you mean 'from'?", lan.cut, lan, { form = a, to = b })
no("heal wants nothing, a machine, or two ends", lan.heal, lan, { from = a, to = b })
no("link wants machines", lan.link, lan)
no("isolate wants machines, and the list is empty", lan.isolate, lan, {})
no("cut wants machines, and the list is empty", lan.cut, lan, a, {})
no("cut: 'a' is at both ends", lan.cut, lan, a, a)
no("link: 'a' is at both ends", lan.link, lan, { from = a, to = a })
for _, name in ipairs { "hold", "release", "heal", "link" } do no(name .. " wants a machine or a port of network 'lan', got nil", lan[name], lan, nil) end
no("hold wants a machine or a port of network 'lan', got nil", lan.hold, lan, a, nil)
no("split_one: 'a' is in the list twice", lan.split_one, lan, { a, a })
no("majorities_ring wants at least 3 machines on network 'lan', got 2", lan.majorities_ring, lan)
no("split_one wants at least 2 machines on network 'network', got 0", other.split_one, other)
no("bridge wants the machine that reaches all", lan.bridge, lan)
no("got nil", lan.unplug, lan)
no("inject wants a frame as a string, got nil", lan.inject, lan)
no("from 14 to 65536 bytes, not 3", lan.inject, lan, "abc")
no("not 65537", lan.inject, lan, ("x"):rep(65537))
no("frames has no field 'form'; did you mean 'from'?", lan.frames, lan, { form = a })
check.raises("timeout", "waiting for a frame on network 'lan'", lan:frames().read, lan:frames(), { timeout = 0.05 })
no("attach wants a cable's end, got 1", lan.attach, lan, 1)
no("wants a cable's end or a network", microvm, { net = { print } })
no("such as '10.0.1.1/24'", microvm, { net = { { lan, address = "10.0.0.1" } } })

no("field 'mac' wants an interface's MAC address", lan.port, lan, { mac = "01:00:00:00:00:01" })
no("field 'name' wants a name", lan.port, lan, { name = "" })
no("field 'name' wants a name", network, { name = "a\27[2J" })
local link = lan:link(a, b)
no("set: 'first', 'match' alone does nothing to a frame", link.set, link, { first = 3, match = { port = 80 } })
no("set: 'flap' alone does nothing", link.set, link, { flap = { on = 1, off = 1 } })
no("field 'distribution' wants a 'jitter'", link.set, link, { delay = 1, distribution = "normal" })
no("field 'corrupt_correlation' wants a 'corrupt'", link.set, link, { loss = 1, corrupt_correlation = 0.5 })
no("field 'rate' wants a string with a unit", link.set, link, { rate = "0x10mbit" })
no("no frame of this 'protocol' has this 'type'", link.set, link, { loss = 1, match = { protocol = "tcp", type = 0x806 } })
no("no frame of this 'protocol' or 'type' has a port", link.set, link, { loss = 1, match = { protocol = "arp", port = 80 } })
no("field 'mac' wants a MAC address", link.set, link, { loss = 1, match = { mac = "+2:00:00:00:00:01" } })
no("field 'vlan' wants a whole number from 1 to 4094, got 4095", lan.port, lan, { vlan = 4095 })
no("field 'trunk' wants numbers from 1 to 4094, got 0", lan.port, lan, { trunk = { 10, 0 } })
no("wants a list of VLANs", lan.port, lan, { trunk = {} })
no("give one", lan.port, lan, { trunk = { 10 }, vlan = 10 })
no("capture wants a file's path, got nil", lan.capture, lan)
no("'/tmp' is there and no file", lan.capture, lan, "/tmp")
check.raises("missing", "no-such", lan.capture, lan, "/no-such/x")
local path = os.tmpname()
local capture = lan:capture(path)
no("network 'lan' is captured already", lan.capture, lan, path)
check.equal(capture:close(), 0) check.equal(capture:close(), 0) os.remove(path)

-- A cable in a network is nobody else's; a port with a cable in it is for no machine.
local left = socketpair { name = "c" }
local port = lan:attach(left)
no("cable end 'c.left' is in network 'lan' already", lan.attach, lan, left)
no("cable end 'c.left' is in network 'lan'", microvm, { net = { left } })
no("use the other end here", left.read, left)
no("network port 'lan.c.left' has a cable in it", microvm, { net = { port } })

-- One port for one living machine, one address once on a network.
local single = lan:port()
local c = qemu { name = "c", memory = "96M", user_net = false, net = { single }, "-S" }
no("port 'lan.port' is in machine 'c-2': a port belongs to one", qemu, { user_net = false, memory = "96M", net = { single }, "-S" })
c:kill()
local d = qemu { name = "d", memory = "96M", user_net = false, "-S", net = { { single, mac = "02:00:00:00:00:02" } } }
no("is on its network already: machine 'd' has it", qemu,
  { memory = "96M", user_net = false, "-S", net = { { lan, mac = "02:00:00:00:00:02" } } })
d:kill()

-- More machines than anybody has.
for _ = 1, 1010 do other:port() end
no("has 1024 ports, and takes no more", function() for _ = 1, 100 do other:port() end end)
for _ = 1, 200 do network() end
collectgarbage()
print "done"
