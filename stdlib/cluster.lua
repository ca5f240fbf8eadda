-- Several machines that are alike, started together or one after another. docs/stdlib/cluster.md
-- describes them.
local host = require "internal.host"
local named = require "internal.named"
local options = require "internal.options"
local show = require "internal.show"
local vmscript = require "vmscript"

local WHAT = "cluster.boot"
local public = options.public

local methods = {}
local Cluster = named.class("cluster", methods)

local function refuse(text, ...) host.fail("usage", (WHAT .. ": " .. text):format(...)) end

--- node1 to nodeN, or those that are given.
local function read_names(given)
  if (given.names == nil) == (given.count == nil) then
    refuse "either count or names says how many machines there are"
  end
  if given.count and not (given.count >= 1 and given.count <= 1000) then
    refuse("field 'count' wants 1 to 1000, got %d", given.count)
  end
  local names = given.names and table.move(given.names, 1, #given.names, 1, {}) or {}
  for i = 1, given.count or 0 do names[i] = ("%s%d"):format(given.prefix, i) end
  if #names == 0 then refuse "there is no name in it" end
  return named.check(WHAT, names, methods)
end

--- Whom each waits for; raises for strangers and circles.
local function read_needs(needs, names)
  for _, name in ipairs(show.keys(needs)) do
    named.demand(WHAT .. ": needs", name, names)
    if type(needs[name]) ~= "table" then
      refuse("needs.%s wants a list of names, got %s", name, show.value(needs[name]))
    end
    local what = ("%s: needs.%s"):format(WHAT, name)
    for _, other in ipairs(needs[name]) do named.demand(what, other, names) end
  end
  local done = {}
  local function visit(name, way)
    if done[name] then return end
    for i, each in ipairs(way) do
      if each == name then
        refuse("these wait for each other: %s", table.concat(way, " → ", i) .. " → " .. name)
      end
    end
    way[#way + 1] = name
    for _, other in ipairs(needs[name] or {}) do visit(other, way) end
    way[#way] = nil
    done[name] = true
  end
  for _, name in ipairs(names) do visit(name, {}) end
end

--- The fields of one machine: those of all, then its own.
local function fields_of(given, name, position)
  local common = given.machine
  if type(common) == "function" then
    common = common(name, position)
    if type(common) ~= "table" then
      refuse("the function 'machine' returns a table of fields, got %s for '%s'",
        show.value(common), name)
    end
  end
  local fields = { name = name }
  for _, source in ipairs { common, given.nodes[name] or {} } do
    for key, value in next, source do fields[key] = value end
  end
  fields.start = false
  return fields
end

--- Starts one node when those that it needs are up; it is up when its setup is done.
local function bring_up(state, name, ups, timeout)
  local needed = {}
  for _, other in ipairs(state.needs[name] or {}) do needed[#needed + 1] = ups[other] end
  if #needed > 0 then vmscript.wait.all(needed, { timeout = math.huge }) end
  local vm = state.values[name]
  if not state.is_started[name] then
    state.is_started[name] = true
    vm:start()
  end
  vmscript.wait(vm:ready(), { timeout = timeout })
  if state.setup then state.setup(vm, name) end
end

--- Brings all up. When one fails the others are ended, and the error names it.
local function bring_all_up(state, timeout)
  local first, ups, list = nil, {}, {}
  local ok, reason = pcall(function()
    local s <close> = vmscript.scope()
    -- Those that others wait for are tasks before these look for them.
    local function start(name)
      if ups[name] then return end
      for _, other in ipairs(state.needs[name] or {}) do start(other) end
      ups[name] = s:add(vmscript.spawn(function()
        local _ <close> = setmetatable({}, { __close = function(_, failure)
          if failure ~= nil and not first then first = name end
        end })
        bring_up(state, name, ups, timeout)
      end))
    end
    for i, name in ipairs(state.names) do
      start(name)
      list[i] = ups[name]
    end
    vmscript.wait.all(list, { timeout = math.huge })
  end)
  if ok then return end
  for _, name in ipairs(state.names) do state.values[name]:kill() end
  local is_named = first and type(reason) == "userdata" and reason.machine == first
  local prefix = first and not is_named and ("node '%s': "):format(first) or ""
  error(host.annotate(reason, { "the cluster's other machines were ended" }, prefix) or reason, 0)
end

function Cluster:__close()
  local state = named.state(self, Cluster, "")
  local s <close> = vmscript.scope()
  for _, name in ipairs(state.names) do s:add(state.values[name]) end
  s:add(state.task)
end

local cluster = {}

--- Makes the machines, starts those that wait for none, and returns.
function cluster.boot(given)
  given = options.read(WHAT, given, {
    count = public.optional "integer", names = public.optional "table", prefix = "node",
    machine = public.optional("table", "function"), nodes = {}, needs = {},
    kind = public.optional("function", "table"), setup = public.optional "function",
    timeout = public.optional "seconds",
  })
  given.machine = given.machine or {}
  local names = read_names(given)
  for _, name in ipairs(show.keys(given.nodes)) do
    named.demand(WHAT .. ": nodes", name, names)
    if type(given.nodes[name]) ~= "table" then
      refuse("nodes.%s wants a table of fields, got %s", name, show.value(given.nodes[name]))
    end
  end
  read_needs(given.needs, names)
  local state = {
    names = names, values = {}, needs = given.needs, setup = given.setup, is_started = {},
  }
  local kind = given.kind or vmscript.microvm
  for i, name in ipairs(names) do
    local vm = kind(fields_of(given, name, i))
    if options.kind_of(vm) ~= "machine" then
      refuse("the function 'kind' returns a machine, got %s for '%s'", show.value(vm), name)
    end
    state.values[name] = vm
  end
  for _, name in ipairs(names) do
    if #(given.needs[name] or {}) == 0 then
      state.is_started[name] = true
      state.values[name]:start()
    end
  end
  state.task = vmscript.spawn(bring_all_up, state, given.timeout)
  return named.make(Cluster, state)
end

local function state_of(self, call) return named.state(self, Cluster, call) end

--- To wait for: every machine is ready, and its setup done.
function methods:ready() return state_of(self, "c:ready()").task end

--- The names, in their order.
function methods:names()
  local names = state_of(self, "c:names()").names
  return table.move(names, 1, #names, 1, {})
end

--- Waits until all are up, then calls f(machine, name) for all at once. Returns what each returned
--- first, by name. A failure of one cancels the others and says whose it is.
function methods:each(f)
  local state = state_of(self, "c:each(f)")
  if type(f) ~= "function" then
    host.fail("usage", ("each wants a function of machine and name, got %s"):format(show.value(f)))
  end
  vmscript.wait(state.task, { timeout = math.huge })
  local first, calls = nil, {}
  for i, name in ipairs(state.names) do
    calls[i] = function()
      local _ <close> = setmetatable({}, { __close = function(_, failure)
        if failure ~= nil and not first then first = name end
      end })
      local result = f(state.values[name], name)
      return result
    end
  end
  local ok, found = pcall(vmscript.parallel, calls)
  if not ok then
    local is_named = type(found) == "userdata" and found.machine == first
    local prefix = first and not is_named and ("node '%s': "):format(first) or ""
    error(host.annotate(found, {}, prefix) or found, 0)
  end
  local results = {}
  for i, name in ipairs(state.names) do results[name] = found[i] end
  return results
end

return cluster
