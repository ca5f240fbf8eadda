#!/usr/bin/env -S vmscript run
-- Five machines on one network, which falls apart in the ways that test distributed systems.

local check = require "vmscript.check"

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

local names = {}
for name in pairs(addresses) do table.insert(names, name) end
table.sort(names)

--- The names of those that a machine reaches, itself included, sorted. Those in `near` may take
--- their time to answer: five machines that talk at once may be slow.
local function seen_by(machine, near)
  local command = {}
  for _, name in ipairs(names) do
    local patience = near:find(name, 1, true) and 10 or 1
    table.insert(command, ("ping -c 1 -W %d %s >/dev/null && echo %s &"):format(
      patience, addresses[name], name))
  end
  local seen = {}
  for name in machine:sh(table.concat(command, "\n") .. "\nwait"):gmatch "%S+" do
    table.insert(seen, name)
  end
  table.sort(seen)
  return table.concat(seen, " ")
end

--- What each machine sees, by name. `near` says whom each should see.
local function views(near)
  local looking = {}
  for _, machine in ipairs(machines) do
    looking[machine.name] = spawn(seen_by, machine, near[machine.name] or "")
  end
  return wait.all(looking)
end

--- Waits until each machine sees what `expected` says of it, by name.
local function expect(what, expected)
  wait.eventually(function()
    for name, view in pairs(views(expected)) do
      if expected[name] then check.equal(view, expected[name], name .. " sees") end
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
wait.eventually(function()
  local majorities = {}
  for name, view in pairs(views { n1 = whole, n2 = whole, n3 = whole, n4 = whole, n5 = whole }) do
    check.equal(#view, #"n1 n2 n3", name .. " sees " .. view)
    check.falsy(majorities[view], "two see " .. view)
    majorities[view] = true
  end
  return true
end, { timeout = 120 })
print("a ring in which each sees a majority of its own")

local alone = lan:split_one()
expect(alone.name .. " is alone", { [alone.name] = alone.name })

lan:heal()
expect("healed: each reaches each", { n1 = whole, n2 = whole, n3 = whole, n4 = whole, n5 = whole })
local cut = lan:link(machines):counters().cut
assert(cut > 0, "no frame met a partition")
print(("%d frames were dropped by partitions"):format(cut))
