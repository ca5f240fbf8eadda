#!/usr/bin/env -S vmscript run
-- Three machines in a ring. A cable is pulled: the two at its ends lose each other until the routes
-- go round the other way.
-- stdout: around the ring
-- stdout: healed

local check = require "vmscript.check"
local cluster = require "vmscript.cluster"
local eventually = require "vmscript.eventually"
local outage = require "resilience.outage"
local topology = require "vmscript.topology"

local ring = topology.ring { "a", "b", "c" }
local nodes <close> = cluster.boot {
  names = ring:names(),
  machine = function(name) return { memory = "128M", net = ring:net(name) } end,
}
wait(nodes:ready())
ring:route(nodes)
ring:write_hosts(nodes)

local function ping(from, to, hops)
  local command = ("ping -c 1 -W 1 -t %d %s"):format(hops or 64, to)
  return function() return nodes[from]:sh(command) end
end

nodes:each(function(_, name)
  for _, other in ipairs(ring:names()) do wait.eventually(ping(name, other)) end
end)
wait.eventually(ping("a", "b", 1))
print "each reaches each"

local watch <close> = outage.watch(ping("a", "b"))
ring:unplug("a", "b")
eventually.error(ping("a", "b"), "command")
ring:route(nodes)                             -- along the cables that are left
wait.eventually(ping("a", "b", 2))
check.error(ping("a", "b", 1), "command")
wait.eventually(function() return not watch:is_down() end)
local report = watch:stop()
check.equal(#report.outages, 1)
print(("b was away for %.1f s; now it is reached around the ring"):format(report.longest))

ring:heal()
ring:route(nodes)
wait.eventually(ping("a", "b", 1))
print "healed"
