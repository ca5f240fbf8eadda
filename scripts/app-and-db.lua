#!/usr/bin/env -S vmscript run
-- An application and the database that it needs: addresses by plan, started in order, and how long
-- the application misses its database when that is stopped, or frozen for a moment.
-- stdout: the application has its value
-- stdout: the database was restarted

local address = require "vmscript.address"
local check = require "vmscript.check"
local cluster = require "vmscript.cluster"
local eventually = require "vmscript.eventually"
local fault, outage = require "resilience.fault", require "resilience.outage"
local service = require "vmscript.service"

local plan = address.plan { subnet = "10.7.0.0/24", "app", "db", first = 10 }
local ends = {}
ends.app, ends.db = socketpair { name = "app-db" }

local database
local nodes <close> = cluster.boot {
  names = { "app", "db" },
  needs = { app = { "db" } },                 -- app starts when db's setup is done
  machine = function(name)
    return { memory = "128M", net = { { ends[name], address = plan:interface(name) } } }
  end,
  setup = function(vm, name)
    if name ~= "db" then return end
    vm:write("/srv/value", "42")
    database = service.start(vm, { name = "database", command = "exec httpd -f -p 5432 -h /srv",
      port = 5432, health = "wget -q -O - http://127.0.0.1:5432/value" })
  end,
}
wait(nodes:ready())
plan:write_hosts(nodes)

local function value() return nodes.app:sh "timeout 1 wget -q -O - http://db:5432/value" end
eventually.equal(value, "42")
print "the application has its value"

do
  local watch <close> = outage.watch(value)
  do
    local _ <close> = fault.stop(database)    -- until the end of this block
    eventually.error(value, "command", { timeout = 20 })
    wait.eventually(function() return watch:is_down() end)
  end
  wait.eventually(function() return not watch:is_down() end)
  check.equal(#watch:stop().outages, 1)
  check.truthy(database:is_running())
  print "the database was restarted"
end

do
  local _ <close> = fault.freeze(nodes.db)
  eventually.error(value, "command", { timeout = 20 })
end
eventually.stays(function() return value() == "42" end, 1)
print "and a frozen one came back"
