-- A UDP forward: the host's datagram arrives in the guest, where the kernel counts it.
-- stdout: arrived
local ports = portmap { { guest = 5353, protocol = "udp" } }
local vm = microvm { name = "a", ports = ports }
local forward = ("hostfwd=udp:127.0.0.1:%d-:5353"):format(ports[5353])
assert(table.concat(vm:args(), " "):find(forward, 1, true), "loopback unless asked")
-- Those for which nobody listens.
local function count() return tonumber(vm:sh "awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp") end
local before = count()
wait.eventually(function()
  assert(os.execute(("bash -c 'echo hello >/dev/udp/127.0.0.1/%d'"):format(ports[5353])))
  return count() > before
end)
print "arrived"
