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

local function ping(from, to)
  return function() return nodes[from]:sh(("ping -c 1 -W 1 %s"):format(to)) end
end
local function hops(from, to)
  return select(2, nodes[from]:sh("traceroute -n -w 1 " .. to):gsub("\n", "\n"))
end

nodes:each(function(_, name)
  for _, other in ipairs(ring:names()) do wait.eventually(ping(name, other)) end
end)
check.equal(hops("a", "b"), 1)
print "each reaches each"

local watch <close> = outage.watch(ping("a", "b"))
ring:unplug("a", "b")
eventually.error(ping("a", "b"), "command")
ring:route(nodes)                             -- along the cables that are left
wait.eventually(ping("a", "b"))
check.equal(hops("a", "b"), 2)
wait.eventually(function() return not watch:is_down() end)
local report = watch:stop()
check.equal(#report.outages, 1)
print(("b was away for %.1f s; now it is reached around the ring"):format(report.longest))

ring:heal()
ring:route(nodes)
wait.eventually(ping("a", "b"))
eventually.equal(function() return hops("a", "b") end, 1)
print "healed"
