-- Resources belong to one living machine, and are free again when it has ended.
-- stdout: done
local check = require "modules.check"
local left, right = socketpair { name = "wire" }
local mine, theirs = socketpair()
local ports, chip = portmap { 80, [443] = 18767 }, tpm()
local function machine(name)
  return qemu { name = name, net = { left }, channels = { theirs }, ports = ports, tpm = chip }
end
local a = machine "a"
a:qmp "query-status"
for text, fields in pairs {
  ["cable end 'wire.left' is in machine 'a'"] = { net = { left } },
  ["cable end 'cable.right' is in machine 'a'"] = { channels = { theirs } },
  ["a port map is in machine 'a'"] = { ports = ports },
  ["is in machine 'a': it belongs to one machine at a time"] = { tpm = chip },
} do
  check.raises("usage", text, qemu, fields)
end
a:kill()
local b <close> = machine "b"
b:qmp "query-status"
check.raises("usage", "in machine 'b'", a.start, a)
b:kill()
a:start()
check.equal(a:qmp("query-status").running, true)
check.equal(ports[443], 18767)
-- Two in one script are told apart.
check.equal(microvm({ name = "a", start = false }).name, "a-2")
-- The other end of a cable whose peer is here, and one that leads nowhere.
check.raises("usage", "is in machine 'a': use the other end here", theirs.read, theirs)
check.raises("usage", "leads nowhere", socketpair().write, (socketpair()), "x")
local same = portmap.identity { 18761 }
assert(same[18761] == 18761)
print "done"
