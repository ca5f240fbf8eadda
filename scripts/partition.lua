#!/usr/bin/env -S vmscript run
-- Five machines on one network, which falls apart in the ways that test distributed systems.

local lan = network { name = "lan" }
local machines, addresses = {}, {}
for i = 1, 5 do
  local name = "n" .. i
  addresses[name] = "10.0.0." .. i
  machines[i] = microvm { name = name, memory = "128M",
    net = { { lan, name = "lan", address = addresses[name] .. "/24" } } }
end
for _, machine in ipairs(machines) do wait(machine:ready()) end
local a, b, c, d, e = table.unpack(machines)
print("five machines are up")

--- The names of those that a machine reaches, itself included, sorted.
local function seen_by(machine)
  local command = {}
  for name, address in pairs(addresses) do
    table.insert(command, ("ping -c 1 -W 1 %s >/dev/null && echo %s &"):format(address, name))
  end
  local names = {}
  for name in machine:sh(table.concat(command, "\n") .. "\nwait"):gmatch "%S+" do
    table.insert(names, name)
  end
  table.sort(names)
  return table.concat(names, " ")
end

--- Waits until each machine sees what `expected` says of it, by name.
local function expect(what, expected)
  wait.eventually(function()
    local views = {}
    for _, machine in ipairs(machines) do
      views[machine.name] = spawn(function() return seen_by(machine) end)
    end
    views = wait.all(views)
    for name, view in pairs(expected) do
      if views[name] ~= view then return false end
    end
    return true
  end, { timeout = 120 })
  print(what)
end

local whole = "n1 n2 n3 n4 n5"
expect("each reaches each", { n1 = whole, n2 = whole, n3 = whole, n4 = whole, n5 = whole })

lan:partition({ a, b, c }, { d, e })
expect("a majority and a minority",
  { n1 = "n1 n2 n3", n2 = "n1 n2 n3", n3 = "n1 n2 n3", n4 = "n4 n5", n5 = "n4 n5" })

lan:bridge(c)
expect("two halves with a bridge", { n1 = "n1 n2 n3", n3 = whole, n4 = "n3 n4 n5" })

lan:majorities_ring()
local majorities = {}
for _, machine in ipairs(machines) do
  local view = seen_by(machine)
  assert(not majorities[view], view .. " is seen twice")
  majorities[view] = true
  wait.eventually(function() return #seen_by(machine) >= #"n1 n2 n3" end)
end
print("a ring in which each sees a majority of its own")

local alone = lan:split_one()
expect(alone.name .. " is alone", { [alone.name] = alone.name })

lan:heal()
expect("healed: each reaches each", { n1 = whole, n2 = whole, n3 = whole, n4 = whole, n5 = whole })
local cut = lan:link(machines):counters().cut
assert(cut > 0, "no frame met a partition")
print(("%d frames were dropped by partitions"):format(cut))
