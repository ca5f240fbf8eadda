-- Machines in a line, ring, star or mesh of cables, islands of them, and routes between all.
-- docs/stdlib/topology.md describes them.
local address = require "vmscript.address"
local host = require "internal.host"
local ip = require "internal.ip"
local named = require "internal.named"
local options = require "internal.options"
local show = require "internal.show"
local vmscript = require "vmscript"

local NAME = "^[%w][%w_-]*$"

---@class Link
---@field a string
---@field b string
---@field ends table<string, CableEnd> by node
---@field addresses table<string, string> by node
---@field prefix integer
---@field pulled boolean

local Topology = { __name = "topology" }
Topology.__index = Topology

local private = setmetatable({}, { __mode = "k" })

--- How many topologies have been made: each has a subnet of its own unless told otherwise.
local count = 0

--- 10.1.0.0/16, 10.2.0.0/16 … without that of the user-mode network.
local function next_subnet()
  count = count + 1
  if count == 42 then count = 43 end
  if count > 255 then
    host.fail("usage", "there are more topologies than subnets in 10.0.0.0/8: give them a `subnet`")
  end
  return ("10.%d.0.0/16"):format(count)
end

local function state_of(self, call)
  if getmetatable(self) ~= Topology then
    host.fail("usage", ("topology: call it with ':', as in t:%s"):format(call))
  end
  return private[self]
end

--- The nodes' own addresses are in the lower half of the subnet, the cables' in the upper one, four
--- for each.
local function read(what, given, least)
  local names, rest = options.split(what, given, "the nodes' names")
  rest = options.read(what, rest, { subnet = options.public.optional "string" })
  named.check(what, names)
  for _, name in ipairs(names) do
    if #name > 12 or not name:find(NAME) then
      host.fail("usage", ("%s: interfaces are called after nodes, to_%s: a name has at most 12"
        .. " characters"):format(what, name))
    end
  end
  if #names < least then
    host.fail("usage", ("%s wants at least %d names, got %d"):format(what, least, #names))
  end
  local text = rest.subnet or next_subnet()
  local subnet, flaw = ip.subnet(text)
  if not subnet or subnet.first.bits ~= 32 or subnet.prefix > 28 then
    host.fail("usage", ("%s: field 'subnet': %s %s"):format(what, show.value(text),
      flaw or "is no IPv4 subnet of 16 addresses or more"))
  end
  local half = 1 << (31 - subnet.prefix)
  if #names >= half then
    host.fail("usage", ("%s: %s has no addresses for %d nodes"):format(what, text, #names))
  end
  given = { subnet = text }
  table.move(names, 1, #names, 1, given)
  return {
    names = names, links = {}, plans = { address.plan(given) }, subnets = { text }, taken = {},
    free = ip.after(subnet.first, half), last = subnet.last, what = what, own = {},
  }
end

--- Connects two nodes by a cable.
local function link(state, a, b)
  local first = state.free
  if not first or ip.before(state.last, ip.after(first, 3)) then
    host.fail("usage", ("%s: %s has no addresses for %d cables"):format(state.what,
      state.subnets[1], #state.links + 1))
  end
  local left, right = vmscript.socketpair { name = a .. "-" .. b }
  state.links[#state.links + 1] = {
    a = a, b = b, ends = { [a] = left, [b] = right }, prefix = 30, pulled = false,
    addresses = { [a] = ip.text(ip.after(first, 1)), [b] = ip.text(ip.after(first, 2)) },
  }
  state.free = ip.after(first, 4)
end

local function make(state)
  for _, plan in ipairs(state.plans) do
    for name, own in pairs(plan) do state.own[name] = own end
  end
  local self = setmetatable({}, Topology)
  private[self] = state
  return self
end

local topology = {}

--- Each is connected to the next.
function topology.line(given)
  local state = read("topology.line", given, 2)
  for i = 2, #state.names do link(state, state.names[i - 1], state.names[i]) end
  return make(state)
end

--- As a line, and the last to the first.
function topology.ring(given)
  local state = read("topology.ring", given, 3)
  for i, name in ipairs(state.names) do link(state, name, state.names[i % #state.names + 1]) end
  return make(state)
end

--- The first is connected to each of the others.
function topology.star(given)
  local state = read("topology.star", given, 2)
  for i = 2, #state.names do link(state, state.names[1], state.names[i]) end
  return make(state)
end

--- Each is connected to each.
function topology.mesh(given)
  local state = read("topology.mesh", given, 2)
  for i, name in ipairs(state.names) do
    for j = i + 1, #state.names do link(state, name, state.names[j]) end
  end
  return make(state)
end

--- Two topologies as one, with a cable between a node of each.
function topology.bridge(a, b, given)
  local what = "topology.bridge"
  local left, right = private[a], private[b]
  for i, state in ipairs { left or false, right or false } do
    if not state then
      host.fail("usage", ("%s wants two topologies, argument %d is %s"):format(what, i,
        show.value(({ a, b })[i])))
    end
  end
  if left == right then host.fail("usage", what .. " wants two topologies, got the same twice") end
  local read_ = options.read(what, given,
    { from = left.names[#left.names], to = right.names[1] })
  named.demand("the first topology", read_.from, left.names)
  named.demand("the second topology", read_.to, right.names)
  for state, name in pairs { [left] = read_.from, [right] = read_.to } do
    if state.taken[name] then
      host.fail("usage", ("%s: node '%s' has its cables already: call t:net(…) behind the bridge")
        :format(what, name))
    end
  end
  local names = table.move(right.names, 1, #right.names, #left.names + 1,
    table.move(left.names, 1, #left.names, 1, {}))
  named.check(what, names)
  local subnets = table.move(right.subnets, 1, #right.subnets, #left.subnets + 1,
    table.move(left.subnets, 1, #left.subnets, 1, {}))
  address.distinct(subnets)
  local state = {
    names = names, subnets = subnets, own = {}, what = what, free = left.free, last = left.last,
    links = table.move(right.links, 1, #right.links, #left.links + 1,
      table.move(left.links, 1, #left.links, 1, {})),
    plans = table.move(right.plans, 1, #right.plans, #left.plans + 1,
      table.move(left.plans, 1, #left.plans, 1, {})),
    taken = setmetatable({}, {
      __index = function(_, name) return left.taken[name] or right.taken[name] end,
    }),
  }
  link(state, read_.from, read_.to)
  left.free = state.free
  return make(state)
end

-- Looking -----------------------------------------------------------------------------------------

--- The nodes' names.
function Topology:names()
  local names = state_of(self, "names()").names
  return table.move(names, 1, #names, 1, {})
end

--- The node's own address, at which it is reached over whatever cables there are.
function Topology:address(name)
  local state = state_of(self, "address(name)")
  return state.own[named.demand("the topology", name, state.names)]
end

--- What a machine's `net` wants.
function Topology:net(name)
  local state = state_of(self, "net(name)")
  named.demand("the topology", name, state.names)
  state.taken[name] = true
  local list = {}
  for _, each in ipairs(state.links) do
    if each.ends[name] then
      list[#list + 1] = {
        each.ends[name], name = "to_" .. (each.a == name and each.b or each.a),
        address = ("%s/%d"):format(each.addresses[name], each.prefix),
      }
    end
  end
  return list
end

local function find(state, a, b)
  named.demand("the topology", a, state.names)
  named.demand("the topology", b, state.names)
  for _, each in ipairs(state.links) do
    if each.ends[a] and each.ends[b] and a ~= b then return each end
  end
  host.fail("usage", ("there is no cable between '%s' and '%s'"):format(a, b))
end

--- The end of a cable at the first node's, and the other.
function Topology:cable(a, b)
  local each = find(state_of(self, "cable(a, b)"), a, b)
  return each.ends[a], each.ends[b]
end

--- The lines of /etc/hosts with the nodes' own addresses.
function Topology:hosts()
  local parts = {}
  for i, plan in ipairs(state_of(self, "hosts()").plans) do parts[i] = plan:hosts() end
  return table.concat(parts)
end

--- Writes the nodes' names into /etc/hosts of each machine.
function Topology:write_hosts(machines)
  local plans = state_of(self, "write_hosts(machines)").plans
  for _, plan in ipairs(plans) do plan:write_hosts(machines) end
end

-- Pulling cables ----------------------------------------------------------------------------------

local function set(link_, pulled)
  local side = link_.ends[link_.a]
  if pulled then side:unplug() else side:plug() end
  link_.pulled = pulled
end

--- Pulls the cable between two nodes.
function Topology:unplug(a, b) set(find(state_of(self, "unplug(a, b)"), a, b), true) end

--- Puts it back.
function Topology:plug(a, b) set(find(state_of(self, "plug(a, b)"), a, b), false) end

--- Pulls all cables between these nodes and the others.
function Topology:cut(names)
  local state, within = state_of(self, "cut(names)"), {}
  for _, name in ipairs(named.check("cut", names)) do
    within[named.demand("the topology", name, state.names)] = true
  end
  for _, each in ipairs(state.links) do
    if within[each.a] ~= within[each.b] and not each.pulled then set(each, true) end
  end
end

--- Puts all cables back.
function Topology:heal()
  for _, each in ipairs(state_of(self, "heal()").links) do
    if each.pulled then set(each, false) end
  end
end

-- Routes ------------------------------------------------------------------------------------------

--- For each node that can be reached from one, the address of the next on the shortest way.
local function next_hops(state, from, is_there)
  local hops, queue, at = {}, { from }, 1
  local seen = { [from] = true }
  while queue[at] do
    local name = queue[at]
    at = at + 1
    for _, each in ipairs(state.links) do
      local other = each.ends[name] and (each.a == name and each.b or each.a)
      if other and not each.pulled and is_there[other] and not seen[other] then
        seen[other] = true
        hops[other] = hops[name] or { via = each.addresses[other], device = "to_" .. other }
        queue[#queue + 1] = other
      end
    end
  end
  return hops
end

--- The commands that give a node its own address and its routes.
local function commands(state, name, is_there)
  local own, hops = state.own[name], next_hops(state, name, is_there)
  local lines = {
    "set -e", "echo 1 >/proc/sys/net/ipv4/ip_forward",
    ("ip addr show dev lo | grep -qF ' %s/32 ' || ip addr add %s/32 dev lo"):format(own, own),
  }
  for _, other in ipairs(state.names) do
    local hop = hops[other]
    if hop then
      lines[#lines + 1] = ("ip route replace %s/32 via %s dev %s src %s"):format(state.own[other],
        hop.via, hop.device, own)
    elseif other ~= name then
      lines[#lines + 1] = ("ip route replace unreachable %s/32"):format(state.own[other])
    end
  end
  return table.concat(lines, "\n")
end

--- Gives the machines their own addresses, lets them forward, and sets routes along the cables that
--- are in place, by the shortest way. Nodes that are not among the machines are taken as gone.
function Topology:route(machines)
  local state, tasks, is_there = state_of(self, "route(machines)"), {}, {}
  if type(machines) ~= "table" then
    host.fail("usage", ("route wants a table of machines by node, got %s"):format(
      show.value(machines)))
  end
  for name, vm in pairs(machines) do
    named.demand("the topology", name, state.names)
    if options.kind_of(vm) ~= "machine" then
      host.fail("usage", ("route: node '%s' wants a machine, got %s"):format(name, show.value(vm)))
    end
    is_there[name] = vm
  end
  for _, name in ipairs(state.names) do
    local vm = is_there[name]
    if vm then
      tasks[#tasks + 1] = function() vm:sh(commands(state, name, is_there)) end
    end
  end
  vmscript.parallel(tasks)
end

return topology
