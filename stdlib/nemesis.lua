-- Faults of a network at random times, the same in every run with the same seed.
--
--   local nemesis = lan:nemesis { every = 5, faults = { "random_halves", { loss = 0.2 } } }
--   …
--   for _, fault in ipairs(nemesis:stop()) do print(fault.at, fault.name, fault.hits) end
--
-- The networks' methods `nemesis` and `swizzle` are here.

local host = require "internal.host"
local fields = require "internal.fields"
local network_faults = require "internal.network_faults"
local language = require "vmscript"

local nemesis = {}

local function wrong(name, wanted, value) fields.wrong("nemesis", name, wanted, value) end

--- The machines of an option, or all that are on the network, at least so many.
local function members_of(lan, what, list, least)
  list = list or lan:members()
  if type(list) ~= "table" then fields.wrong(what, "machines", "a list", list) end
  local seen = 0
  for _ in pairs(list) do seen = seen + 1 end
  if seen ~= #list or #list < least then
    host.fail("usage", ("%s wants a list of at least %d machines on %s, got %d"):format(what, least,
      tostring(lan), #list))
  end
  for i, member in ipairs(list) do
    if not pcall(lan.link, lan, member) then
      local wanted = "a machine or a port of " .. tostring(lan)
      fields.wrong(what, ("machines[%d]"):format(i), wanted, member)
    end
  end
  return list
end

--- A function of the script's; what it returns ends what it began.
local function custom(f, index)
  return function(lan, _, random)
    local undo, name = f(lan, random)
    if undo ~= nil and type(undo) ~= "function" then
      wrong(("faults[%d]"):format(index), "a function that returns what ends the fault", undo)
    end
    return name and tostring(name) or ("faults[%d]"):format(index), undo or function() end
  end
end

local function faults_of(list)
  local known = network_faults.known
  if type(list) ~= "table" or #list == 0 then
    wrong("faults", "a list, as in { 'isolate', { loss = 0.2 } }", list)
  end
  local faults, least = {}, 2
  for i, fault in ipairs(list) do
    if type(fault) == "function" then
      faults[i] = custom(fault, i)
    elseif type(fault) == "table" then
      if next(fault) == nil then
        wrong(("faults[%d]"):format(i), "a fault in it, such as loss = 0.2", fault)
      end
      host.check_impairment(fault, ("nemesis: faults[%d]"):format(i))
      faults[i] = network_faults.impair(fault)
    elseif known[fault] then
      faults[i] = known[fault]
      if fault == "bridge" or fault == "majorities_ring" then least = 3 end
    else
      local all = {}
      for name in fields.sorted(known) do all[#all + 1] = name end
      local others = "a table of impairments or a function will do too"
      host.fail("usage", ("nemesis: no fault '%s'%s; %s"):format(tostring(fault),
        host.hint(tostring(fault), all), others))
    end
  end
  return faults, least
end

--- Seconds, or { least, most } to choose from.
local function times(name, value)
  local function isTime(x) return type(x) == "number" and x > 0 and x < math.huge end
  if isTime(value) then return function() return value end end
  if type(value) == "table" and isTime(value[1]) and isTime(value[2]) and value[1] <= value[2] then
    return function(random) return value[1] + (value[2] - value[1]) * random() end
  end
  return wrong(name, "seconds, or two of them as in { 2, 8 }", value)
end

--- Frames that faults did something to, on all links of the members so far.
local function hits(lan, members)
  local sum = 0
  for _, member in ipairs(members) do
    local counters = lan:link(member):counters()
    sum = sum + counters.cut + counters.held + counters.hits
  end
  return sum
end

local Nemesis = {}
Nemesis.__index = Nemesis
Nemesis.__name = "nemesis"

local function note(self, text)
  host.record(("%.3f s: nemesis of %s: %s"):format(language.now(), tostring(self.lan), text))
end

--- Begins a fault, lets it last, and ends it, also when the task is cancelled in between.
local function afflict(self, fault, lasts)
  self.is_busy = true
  local entry = { at = language.now() }
  local before = hits(self.lan, self.members)
  local name, undo, run = fault(self.lan, self.members, self.random, lasts)
  entry.name = name
  note(self, name)
  table.insert(self.history, entry)
  local _ <close> = setmetatable({}, { __close = function()
    self.is_busy = true
    undo()
    entry.ended = language.now()
    entry.hits = hits(self.lan, self.members) - before
    note(self, ("end of %s; it hit %d frames"):format(name, entry.hits))
    self.is_busy = false
  end })
  self.is_busy = false
  if self.is_stopped then return end
  if run then run() else language.wait(lasts) end
end

--- Ends what is on, and gives the history: { at =, ended =, name =, hits = } for each fault.
function Nemesis:stop()
  if not self.is_stopped then
    self.is_stopped = true
    -- A fault that is just beginning, or ending, may wait for something: it is let do so.
    if not self.is_busy then self.task:cancel() end
    local ok, failure = pcall(language.wait, self.task)
    if not ok and not tostring(failure):find("was cancelled", 1, true) then error(failure, 0) end
  end
  return self.history
end

--- Fails unless there was a fault, and each one hit a frame. Stops it first.
function Nemesis:check()
  local history = self:stop()
  if #history == 0 then host.fail("assertion", "the nemesis was stopped before its first fault") end
  for _, fault in ipairs(history) do
    if fault.hits == 0 then
      host.fail("assertion", ("the fault '%s', from %.1f s to %.1f s, never hit a frame"):format(
        fault.name, fault.at, fault.ended))
    end
  end
  return history
end

Nemesis.__close = Nemesis.stop

local OPTIONS = { faults = true, every = true, lasts = true, machines = true, seed = true }

local function check_options(given)
  if type(given) ~= "table" then
    host.fail("usage", "nemesis wants a table of fields, got " .. type(given))
  end
  for name in pairs(given) do
    if not OPTIONS[name] then
      local all = {}
      for each in fields.sorted(OPTIONS) do all[#all + 1] = each end
      host.fail("usage", ("nemesis has no field '%s'%s"):format(tostring(name),
        host.hint(tostring(name), all)))
    end
  end
  if given.seed ~= nil and math.type(given.seed) ~= "integer" then
    wrong("seed", "a whole number", given.seed)
  end
end

--- `lan:nemesis { every =, lasts =, faults =, machines =, seed = }`.
function nemesis.start(lan, options)
  check_options(options)
  local faults, least = faults_of(options.faults)
  local every = times("every", options.every)
  local lasts = options.lasts ~= nil and times("lasts", options.lasts)
  local self = setmetatable({
    lan = lan, members = members_of(lan, "nemesis", options.machines, least),
    random = network_faults.generator(options.seed), history = {},
  }, Nemesis)
  self.task = language.spawn(function()
    local random = self.random
    while not self.is_stopped do
      local cycle = every(random)
      local length = math.min(lasts and lasts(random) or cycle / 2, cycle)
      local fault = faults[random(#faults)]
      language.wait(cycle - length)
      afflict(self, fault, length)
    end
  end)
  return self
end

local SWIZZLE = { machines = "table", pause = "number", seed = "number" }

--- `lan:swizzle { machines =, pause =, seed = }`: isolates one after the other in random order, and
--- lets them back in another; returns when all are back.
function nemesis.swizzle(lan, options)
  options = fields.check("swizzle", options, SWIZZLE)
  local pause = options.pause or 1
  if options.seed and math.type(options.seed) ~= "integer" then
    fields.wrong("swizzle", "seed", "a whole number", options.seed)
  end
  if not (pause >= 0 and pause < math.huge) then
    fields.wrong("swizzle", "pause", "a number of seconds", pause)
  end
  local members = members_of(lan, "swizzle", options.machines, 2)
  local random = network_faults.generator(options.seed)
  local run, undo = network_faults.swizzle(lan, members, pause, random)
  local _ <close> = setmetatable({}, { __close = undo })
  run()
end

return nemesis
