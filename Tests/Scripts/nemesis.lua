-- Faults at random times: the same ones in the same order with the same seed, recorded, ended and counted.
-- options: --seed 7
-- stdout: done
local check = require "modules.check"

--- A network whose members are cables in the script's hand, each of which speaks to all all the time.
local function busy_network(name)
  local lan, ports, cables = network { name = name }, {}, {}
  for i = 1, 5 do
    local mine, theirs = socketpair { name = name .. i }
    ports[i], cables[i] = lan:attach(theirs, { name = "n" .. i }), mine
  end
  local talk = spawn(function()
    while true do
      for i, cable in ipairs(cables) do
        cable:write(("\xff"):rep(6) .. "\2\0\0\0\0" .. string.char(i) .. "\x88\xb5" .. ("x"):rep(46))
      end
      wait(0.002)
    end
  end)
  return lan, ports, talk
end

local faults = { "random_halves", "split_one", "majorities_ring", "bridge", "isolate", "cut", "hold", "unplug",
  "swizzle", { delay = 0.01, jitter = 0.005, loss = 0.2 } }
local function history(name, seed, count)
  local lan, ports, talk <close> = busy_network(name)
  check.equal(#lan:members(), 5)
  local nemesis <close> = lan:nemesis { every = { 0.08, 0.12 }, lasts = 0.06, faults = faults, seed = seed }
  wait.eventually(function() return #nemesis.history > count end)
  local seen = nemesis:check()
  -- All is well again.
  local before = lan:link(ports):counters()
  wait.eventually(function() return lan:link(ports):counters().passed > before.passed + 100 end)
  local after = lan:link(ports):counters()
  check.equal(after.cut, before.cut) check.equal(after.lost, before.lost)
  local names = {}
  for i = 1, count do
    assert(seen[i].ended >= seen[i].at + 0.059 and seen[i].hits > 0, seen[i].name)
    names[i] = seen[i].name
  end
  return table.concat(names, "; ")
end
local first = history("one", 3, 12)
check.equal(history("two", 3, 12), first)
assert(history("three", 4, 12) ~= first)

-- A fault of the script's own, in the middle of which the nemesis is stopped.
local lan, ports, talk = busy_network "own"
local ended = 0
local nemesis = lan:nemesis { every = 0.02, lasts = 0.02, faults = { function(network, random)
  local one = ports[random(5)]
  network:isolate(one)
  return function() network:heal() ended = ended + 1 end, "mine: " .. one.name
end } }
wait.eventually(function() return #nemesis.history >= 3 end)
local own = nemesis:stop()
check.equal(ended, #own) check.equal(nemesis:stop(), own)
assert(own[1].name:find "^mine: n%d$")

-- A fault that waits while it begins is not interrupted there.
local log = {}
nemesis = lan:nemesis { every = 0.02, faults = { function()
  table.insert(log, "begins") wait(0.1) table.insert(log, "begun")
  return function() wait(0.1) table.insert(log, "ended") end
end } }
wait.eventually(function() return #log > 0 end)
nemesis:stop()
check.equal(table.concat(log, " "), "begins begun ended")

-- One by one out, one by one back, and then nothing is cut off.
local before = lan:link(ports):counters()
lan:swizzle { pause = 0.01 }
local after = lan:link(ports):counters()
assert(after.cut > before.cut + 5)
wait.eventually(function() return lan:link(ports):counters().passed > after.passed + 200 end)
check.equal(lan:link(ports):counters().cut, after.cut)
-- Ended in the middle it lets all back too.
local swizzle = spawn(function() lan:swizzle { machines = { ports[1], ports[2], ports[3] }, pause = 60 } end)
wait.eventually(function() return lan:link(ports):counters().cut > after.cut end)
swizzle:cancel()
pcall(wait, swizzle)
before = lan:link(ports):counters()
wait.eventually(function() return lan:link(ports):counters().passed > before.passed + 200 end)
check.equal(lan:link(ports):counters().cut, before.cut)

-- What hits nothing is a failure of the test.
talk:cancel()
pcall(wait, talk)
nemesis = lan:nemesis { every = 0.02, lasts = 0.02, faults = { "isolate" } }
wait.eventually(function() return #nemesis.history >= 1 end)
check.raises("assertion", "never hit a frame", nemesis.check, nemesis)
check.raises("assertion", "before its first fault", function() lan:nemesis { every = 9, faults = { "cut" } }:check() end)

local function no(text, options) check.raises("usage", text, lan.nemesis, lan, options) end
no("nemesis wants a table of fields, got nil")
no("nemesis has no field 'evry'; did you mean 'every'?", { evry = 1 })
no("field 'every' wants seconds, or two of them as in { 2, 8 }, got nil", { faults = { "cut" } })
no("field 'every' wants seconds", { every = { 3, 2 }, faults = { "cut" } })
no("field 'lasts' wants seconds", { every = 1, lasts = -1, faults = { "cut" } })
no("field 'faults' wants a list", { every = 1, faults = {} })
no("nemesis: no fault 'isolat'; did you mean 'isolate'?", { every = 1, faults = { "isolat" } })
no("nemesis: faults[2]: field 'loss' wants a number from 0 to 1, got 2", { every = 1, faults = { "cut", { loss = 2 } } })
no("nemesis wants a list of at least 3 machines on network 'own', got 2",
  { every = 1, faults = { "bridge" }, machines = { ports[1], ports[2] } })
no("field 'seed' wants a whole number", { every = 1, faults = { "cut" }, seed = 1.5 })
no("nemesis: field 'machines' wants a list, got 5", { every = 1, faults = { "cut" }, machines = 5 })
no("nemesis: field 'machines[2]' wants a machine or a port of network 'own', got network", { every = 1, faults = { "cut" }, machines = { ports[1], lan } })
no("nemesis: field 'faults[1]' wants a fault in it", { every = 1, faults = { {} } })
check.raises("usage", "swizzle: field 'seed' wants a whole number", lan.swizzle, lan, { seed = 1.5 })
check.raises("usage", "swizzle: field 'pause' wants a number of seconds", lan.swizzle, lan, { pause = 1 / 0 })
check.raises("usage", "swizzle has no field 'paus'; did you mean 'pause'?", lan.swizzle, lan, { paus = 1 })
check.raises("usage", "a network has no field 'nemesi'", function() lan:nemesi {} end)
print "done"
