-- vm:port: something listens in the guest, now; nothing of the looking stays there.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

raises("usage", "from 1 to 65535, got 0", function() microvm { start = false }:port(0) end)
local vm = microvm { name = "a" }
raises("usage", "\"tcp\" or \"udp\"", vm.port, vm, 80, { protocol = "sctp" })
local tcp, udp = vm:port(80), vm:port(67, { protocol = "udp" })
-- It waits for the agent first, and does not mistake one protocol for the other.
raises("timeout", "tcp port 80 to be listened on of machine 'a'", wait, tcp, { timeout = 0.01 })
wait(vm:ready())
local waiting = spawn(function() return wait(tcp) end)
wait(0.3)
vm:write("/tmp/dhcp", "interface lo\nstart 127.0.0.2\nend 127.0.0.3\nlease_file /tmp/leases\n")
vm:sh "touch /tmp/leases; udhcpd -f /tmp/dhcp </dev/null >/dev/null 2>&1 &"
equal(wait(udp), 67)
raises("timeout", "tcp port 67", wait, vm:port(67), { timeout = 0.3 })
vm:sh "nc -ll -p 80 -e cat </dev/null >/dev/null 2>&1 & echo $! >/tmp/pid"
equal(wait(waiting), 80)
equal(wait.any { vm:port(81), tcp }, 2)
equal(wait.all({ a = tcp, b = udp }).a, 80)
-- A level: not true any more when nobody listens.
vm:sh "kill $(cat /tmp/pid)"
raises("timeout", "tcp port 80", wait, tcp, { timeout = 0.3 })
-- Given up, cancelled, out of time: no look goes on.
local cancelled = spawn(function() wait(tcp) end)
wait(0.2)
assert(vm:sh("ps"):find("port-80", 1, true) or vm:sh("ps"):find("/proc/net/", 1, true))
cancelled:cancel()
wait.eventually(function() return not vm:sh("ps"):find("/proc/net/", 1, true) end)
-- Over a reboot.
local after = spawn(function() return wait(vm:port(82)) end)
wait(0.1)
vm:reboot()
vm:sh "nc -ll -p 82 -e cat </dev/null >/dev/null 2>&1 &"
equal(wait(after), 82)
raises("agent", "has no agent", function()
  local other <close> = microvm { name = "b", agent = false, may_exit = true }
  wait(other:port(80))
end)
vm:kill()
raises("exited", "tcp port 80", wait, tcp)
print "done"
