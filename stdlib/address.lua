-- Plans of addresses: who has which, /etc/hosts for all. docs/stdlib/address.md describes them.
local host = require "internal.host"
local ip = require "internal.ip"
local named = require "internal.named"
local options = require "internal.options"
local show = require "internal.show"
local vmscript = require "vmscript"

local WHAT = "address.plan"
local public = options.public
local BEGIN, END = "# vmscript: names of the plan %s\n", "# vmscript: end of the plan %s\n"

local methods = {}
local Plan = named.class("address plan", methods)

local function refuse(text, ...) host.fail("usage", (WHAT .. ": " .. text):format(...)) end

--- Whether an address of the subnet is somebody's to have: IPv4's first and last are not, nor is
--- IPv6's first, but where there are two or one.
local function is_usable(subnet, address)
  local bits = address.bits
  if subnet.prefix >= bits - 1 then return true end
  if ip.equal(address, subnet.first) then return false end
  return bits == 128 or not ip.equal(address, subnet.last)
end

--- The addresses that the script fixed, by name, and whose each is.
local function read_fixed(fixed, subnet, names)
  local values, taken = {}, {}
  for _, name in ipairs(show.keys(fixed)) do
    local text = fixed[name]
    local address = ip.parse(text)
    if not address then
      refuse("'%s' wants an address, got %s", show.harmless(tostring(name)), show.value(text))
    end
    local shown = ip.text(address)
    if not ip.has(subnet, address) then
      refuse("%s, of '%s', is not in %s", shown, name, ip.subnet_text(subnet))
    end
    if not is_usable(subnet, address) then
      refuse("%s, of '%s', is no address for a machine in %s", shown, name, ip.subnet_text(subnet))
    end
    if taken[shown] then refuse("%s is both '%s' and '%s'", shown, taken[shown], name) end
    taken[shown] = name
    values[name] = shown
    local is_listed = false
    for _, each in ipairs(names) do is_listed = is_listed or each == name end
    if not is_listed then names[#names + 1] = name end
  end
  return values, taken
end

--- Gives each name that has none the next free address.
local function fill(values, taken, names, subnet, first)
  local at = ip.after(subnet.first, first)
  for i, name in ipairs(names) do
    if not values[name] then
      while at and ip.has(subnet, at) and (taken[ip.text(at)] or not is_usable(subnet, at)) do
        at = ip.after(at, 1)
      end
      if not at or not ip.has(subnet, at) then
        refuse("%s has no address left for '%s', name %d of %d", ip.subnet_text(subnet),
          name, i, #names)
      end
      values[name] = ip.text(at)
      at = ip.after(at, 1)
    end
  end
end

local address = {}

--- Addresses for names: those that are fixed, and the next free ones for the others.
function address.plan(given)
  local list, rest = options.split(WHAT, given, "names, and a subnet")
  rest = options.read(WHAT, rest,
    { subnet = public.required "string", fixed = public.optional "table", first = 0 })
  local subnet, flaw = ip.subnet(rest.subnet)
  if not subnet then refuse("%s %s", show.value(rest.subnet), flaw) end
  if math.type(rest.first) ~= "integer" or rest.first < 0 then
    refuse("field 'first' wants a whole number, got %s", show.value(rest.first))
  end
  local values, taken = read_fixed(rest.fixed or {}, subnet, list)
  local names = named.check(WHAT, list, methods)
  if #names == 0 then refuse("there is no name in it") end
  fill(values, taken, names, subnet, rest.first)
  return named.make(Plan, { names = names, values = values, subnet = subnet })
end

local function state_of(self, call) return named.state(self, Plan, call) end

--- "10.1.0.1/24", as an interface of a machine has it.
function methods:interface(name)
  local state = state_of(self, "plan:interface(name)")
  named.demand("the address plan", name, state.names)
  return ("%s/%d"):format(state.values[name], state.subnet.prefix)
end

--- "10.1.0.0/24".
function methods:subnet() return ip.subnet_text(state_of(self, "plan:subnet()").subnet) end

--- The lines of /etc/hosts.
function methods:hosts()
  local state, lines = state_of(self, "plan:hosts()"), {}
  for i, name in ipairs(state.names) do lines[i] = ("%s %s\n"):format(state.values[name], name) end
  return table.concat(lines)
end

--- The text without what an earlier call has put there, and the new lines behind it.
local function replaced(text, mark, lines)
  local head, tail = BEGIN:format(mark), END:format(mark)
  local from = text:find(head, 1, true)
  local _, to = text:find(tail, from or 1, true)
  if from and to then text = text:sub(1, from - 1) .. text:sub(to + 1) end
  if text ~= "" and text:sub(-1) ~= "\n" then text = text .. "\n" end
  return text .. head .. lines .. tail
end

--- Writes the names into /etc/hosts of each machine, all at once; what else is there stays.
function methods:write_hosts(machines)
  local state, tasks = state_of(self, "plan:write_hosts(machines)"), {}
  local lines, mark = self:hosts(), ip.subnet_text(state.subnet)
  if type(machines) ~= "table" then
    host.fail("usage", "write_hosts wants a table of machines, got " .. show.value(machines))
  end
  for key, vm in pairs(machines) do
    if options.kind_of(vm) ~= "machine" then
      host.fail("usage", ("write_hosts: [%s] wants a machine, got %s"):format(show.value(key),
        show.value(vm)))
    end
    tasks[#tasks + 1] = function()
      local old = vm:exec({ "sh", "-c", "! test -e /etc/hosts || cat /etc/hosts", check = true })
      vm:write("/etc/hosts", replaced(old.stdout, mark, lines))
    end
  end
  vmscript.parallel(tasks)
end

--- Raises if two of the plans, or subnets as text, have addresses in common.
function address.distinct(plans)
  if type(plans) ~= "table" or getmetatable(plans) then
    host.fail("usage", ("address.distinct wants a list of plans, got %s"):format(show.value(plans)))
  end
  local subnets = {}
  for i, plan in ipairs(plans) do
    local is_plan = getmetatable(plan) == Plan
    local subnet, flaw
    if is_plan then subnet = state_of(plan, "").subnet else subnet, flaw = ip.subnet(plan) end
    if not subnet then
      host.fail("usage", ("address.distinct: %s %s"):format(show.value(plan), flaw))
    end
    for j, other in ipairs(subnets) do
      if ip.overlap(subnet, other) then
        host.fail("usage", ("subnets overlap: %s, number %d, and %s, number %d"):format(
          ip.subnet_text(other), j, ip.subnet_text(subnet), i))
      end
    end
    subnets[i] = subnet
  end
end

return address
