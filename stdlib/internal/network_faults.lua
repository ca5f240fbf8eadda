-- The faults that a nemesis chooses from, and its random numbers.

local host = require "internal.host"
local language = require "vmscript"

local faults = {}

--- Random numbers of its own, so that the script's math.random is left alone: SplitMix64.
--- `random(n)` is a whole number from 1 to n, `random()` one from 0 to below 1.
local function generator(seed)
  local state = seed
  return function(n)
    state = state + 0x9e3779b97f4a7c15
    local z = state
    z = (z ~ (z >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ~ (z >> 27)) * 0x94d049bb133111eb
    local bits = (z ~ (z >> 31)) >> 11
    return n and bits % n + 1 or bits * 0x1p-53
  end
end

--- How many there were in this run: each has numbers of its own.
local count = 0

function faults.generator(seed)
  if not seed then
    count = count + 1
    seed = host.seed() + count * 0x2545f4914f6cdd1d
  end
  return generator(seed)
end

local function shuffled(list, random)
  local result = table.move(list, 1, #list, 1, {})
  for i = #result, 2, -1 do
    local j = random(i)
    result[i], result[j] = result[j], result[i]
  end
  return result
end

local function names(list)
  local result = {}
  for i, member in ipairs(list) do result[i] = member.name end
  return table.concat(result, ", ")
end

--- What isolates all, one by one in random order, and lets them back in another; and what lets all
--- back at once after an end in the middle.
function faults.swizzle(lan, members, pause, random)
  local isolated = {}
  local function let_back(member)
    isolated[member] = nil
    lan:heal(member)
  end
  local function run()
    for _, member in ipairs(shuffled(members, random)) do
      lan:isolate(member)
      isolated[member] = true
      language.wait(pause)
    end
    for _, member in ipairs(shuffled(members, random)) do
      let_back(member)
      language.wait(pause)
    end
  end
  local function undo()
    for _, member in ipairs(members) do
      if isolated[member] then let_back(member) end
    end
  end
  return run, undo
end

--- By name. Each begins a fault and gives its description and what ends it, and a function to run
--- meanwhile if it is one that goes on for itself; `lasts` is in seconds.
local known = {}
faults.known = known

function known.random_halves(lan, members, random)
  local order = shuffled(members, random)
  local half = #order // 2
  local first, second = { table.unpack(order, 1, half) }, { table.unpack(order, half + 1) }
  lan:partition(first, second)
  return ("partition %s | %s"):format(names(first), names(second)), function() lan:heal() end
end

function known.split_one(lan, members, random)
  local order = shuffled(members, random)
  lan:partition({ order[1] }, { table.unpack(order, 2) })
  return "split off " .. order[1].name, function() lan:heal() end
end

function known.majorities_ring(lan, members)
  lan:majorities_ring(members)
  return "majorities ring", function() lan:heal() end
end

function known.bridge(lan, members, random)
  local order = shuffled(members, random)
  lan:bridge(order[1], order)
  return "bridge " .. order[1].name, function() lan:heal() end
end

function known.isolate(lan, members, random)
  local one = members[random(#members)]
  lan:isolate(one)
  return "isolate " .. one.name, function() lan:heal() end
end

function known.cut(lan, members, random)
  local order = shuffled(members, random)
  lan:cut { from = order[1], to = order[2] }
  return ("cut from %s to %s"):format(order[1].name, order[2].name), function() lan:heal() end
end

function known.hold(lan, members, random)
  local one = members[random(#members)]
  lan:hold(one)
  return "hold " .. one.name, function() lan:release(one) end
end

function known.unplug(lan, members, random)
  local one = members[random(#members)]
  lan:unplug(one)
  return "unplug " .. one.name, function() lan:plug(one) end
end

function known.swizzle(lan, members, random, lasts)
  local run, undo = faults.swizzle(lan, members, lasts / (2 * #members), random)
  return "swizzle", undo, run
end

--- A table of impairments: on all that these machines send.
function faults.impair(impairment)
  return function(lan, members)
    for _, member in ipairs(members) do lan:link({ from = member }):set(impairment) end
    return "impairment " .. language.json.encode(impairment), function()
      for _, member in ipairs(members) do lan:link({ from = member }):reset() end
    end
  end
end

return faults
