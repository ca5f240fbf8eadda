#!/usr/bin/env -S vmscript run
-- Two servers share one address by VRRP (keepalived): when a cable is cut, the address moves.
--
--     one ───── client ───── two      the client's bridge plays the switch between them
--
-- Both have an address of their own and can have 10.0.0.100 besides. The one with the higher
-- priority has it, and says so each second to a multicast group. If the other one hears nothing for
-- three of these seconds, it takes the address and announces that by ARP, so that the network finds
-- it there. A server that sees its own link go down gives the address up at once.
-- stdout: the cable is back, and so is the address

local software = guest { packages = { "keepalived" }, modules = { "bridge" } }
local one_end, to_one = socketpair { name = "one-client" }
local two_end, to_two = socketpair { name = "two-client" }

local one = microvm { name = "one", guest = software, memory = "384M",
  net = { { one_end, name = "lan", address = "10.0.0.1/24" } } }
local two = microvm { name = "two", guest = software, memory = "384M",
  net = { { two_end, name = "lan", address = "10.0.0.2/24" } } }
local client = microvm { name = "client", guest = software, memory = "384M",
  net = { { to_one, name = "to_one" }, { to_two, name = "to_two" } } }

client:sh [[
  ip link add lan type bridge
  ip link set to_one master lan; ip link set to_two master lan; ip link set lan up
  ip addr add 10.0.0.3/24 dev lan]]

local function serve(vm, priority)
  vm:write("/www/index.html", vm.name)  -- who answers says its name
  vm:write("/etc/keepalived/keepalived.conf", ([[
    vrrp_instance shared {
      interface lan
      state BACKUP
      virtual_router_id 51
      priority %d
      advert_int 1
      virtual_ipaddress { 10.0.0.100/24 }
    }
  ]]):format(priority))
  vm:sh "httpd -h /www"
  vm:sh "keepalived --vrrp --dont-fork --log-console >/var/log/keepalived.log 2>&1 &"
end
serve(one, 150)
serve(two, 100)

local patient = { timeout = 180 }  -- emulated machines on a busy host are slow

--- Waits until 10.0.0.100 is that server's and nobody else's; returns how long it took.
local function moves_to(vm, other)
  local began = now()
  wait.eventually(function()
    return client:sh "timeout 5 wget -q -O - http://10.0.0.100/" == vm.name
  end, patient)
  local took = now() - began
  local has_it = "ip addr show lan | grep -w 10.0.0.100"
  wait.eventually(function() return other:fails(has_it) end, patient)
  vm:sh(has_it)
  return took
end

moves_to(one, two)
print "one has the address: its priority is higher"

one_end:unplug()
local took = moves_to(two, one)
print(("one's cable is cut: two has the address after %.1f s"):format(took))
client:fails "ping -c 1 -W 1 10.0.0.1"

one_end:plug()
took = moves_to(one, two)
print(("the cable is back, and so is the address after %.1f s"):format(took))
client:sh "ping -c 1 -W 5 10.0.0.2"
