-- What can be said wrongly to address, topology, cluster and service, and plans of addresses.
-- stdout: done
local address, cluster = require "vmscript.address", require "vmscript.cluster"
local service, topology = require "vmscript.service", require "vmscript.topology"
local check = require "vmscript.check"
local raises = require("modules.check").raises

local function no(texts, f, ...)
  local arguments = table.pack(...)
  local err = raises("usage", texts, function()
    local _ = f(table.unpack(arguments, 1, arguments.n)) end)
  check.matches(err.where, pattern "^Tests/Scripts/stdlib%-misuse%.lua:%d+$")
end

-- address
local plan = address.plan { subnet = "10.1.0.0/29", "a", "b", "c", fixed = { b = "10.1.0.1", gw = "10.1.0.6" } }
check.equal({ plan.a, plan.b, plan.c, plan.gw }, { "10.1.0.2", "10.1.0.1", "10.1.0.3", "10.1.0.6" })
check.equal(plan:interface "gw", "10.1.0.6/29")
check.equal(plan:subnet(), "10.1.0.0/29")
check.equal(plan:hosts(), "10.1.0.2 a\n10.1.0.1 b\n10.1.0.3 c\n10.1.0.6 gw\n")
check.equal({ #plan, plan[3], tostring(plan) }, { 4, "10.1.0.3", "address plan of a, b, c, gw" })
check.equal(address.plan({ subnet = "10.1.0.0/24", "a", first = 10 }).a, "10.1.0.10")
check.equal(address.plan({ subnet = "10.1.0.8/31", "a", "b" }).b, "10.1.0.9")
check.equal(address.plan({ subnet = "10.1.0.8/32", "a", first = 0 }).a, "10.1.0.8")
check.equal(address.plan({ subnet = "0.0.0.0/0", "a" }).a, "0.0.0.1")
local six = address.plan { subnet = "fd00:0:0:1::/64", "a", "b", fixed = { z = "fd00:0:0:1:ff::0" }, first = 0xffff }
check.equal({ six.a, six.b, six.z }, { "fd00:0:0:1::ffff", "fd00::1:0:0:1:0", "fd00:0:0:1:ff::" })
check.equal(six:interface "b", "fd00::1:0:0:1:0/64")
check.equal(address.plan({ subnet = "1:2:3:4:5:6:7:fffe/127", "a", "b" }).b, "1:2:3:4:5:6:7:ffff")
for _, text in ipairs { "10.1.0.0", "10.1.0/24", "10.1.0.256/24", "10.1.0.00/24", "10.1.0.0/33", "::1::/64",
  "fd00:1/64", "1:2:3:4:5:6:7:8:9/64", "fd00::/129", "fd00::12345/64", "", "/8" } do
  no("is no subnet, such as '10.1.0.0/24'", address.plan, { subnet = text, "a" })
end
no("has bits behind its prefix; the subnet is '10.1.0.0/16'", address.plan, { subnet = "10.1.2.0/16", "a" })
no("the subnet is 'fd00::/64'", address.plan, { subnet = "fd00::1/64", "a" })
no("10.1.0.0/30 has no address left for 'c', name 3 of 3", address.plan, { subnet = "10.1.0.0/30", "a", "b", "c" })
no("has no address left for 'a'", address.plan, { subnet = "255.255.255.252/30", "a", first = 9 })
no("10.2.0.1, of 'a', is not in 10.1.0.0/24", address.plan, { subnet = "10.1.0.0/24", fixed = { a = "10.2.0.1" } })
no("10.1.0.255, of 'a', is no address for a machine", address.plan,
  { subnet = "10.1.0.0/24", fixed = { a = "10.1.0.255" } })
no("10.1.0.1 is both 'a' and 'b'", address.plan, { subnet = "10.1.0.0/24", fixed = { a = "10.1.0.1", b = "10.1.0.1" } })
no("'a' wants an address, got 7", address.plan, { subnet = "10.1.0.0/24", fixed = { a = 7 } })
no("needs the field 'subnet'", address.plan, { "a" })
no("has no field 'subnt'; did you mean 'subnet'?", address.plan, { subnt = "", "a" })
no("wants a table with names, and a subnet, got nil", address.plan)
no("there is no name", address.plan, { subnet = "10.1.0.0/24" })
no("the name 'a' is there twice", address.plan, { subnet = "10.1.0.0/24", "a", "a" })
no("a name has 1 to 63 letters, digits, '-' and '_', got \"a b\"", address.plan, { subnet = "10.1.0.0/24", "a b" })
no("'hosts' is a method here", address.plan, { subnet = "10.1.0.0/24", "hosts" })
no("the address plan has no 'd'", function() return plan.d end)
no("the address plan has no 'hots'; did you mean 'hosts'?", function() return plan:hots() end)
no("the fields of the address plan cannot be assigned", function() plan.a = 1 end)
no("call it with ':', as in plan:hosts()", plan.hosts)
no("write_hosts wants a table of machines, got 1", plan.write_hosts, plan, 1)
no("write_hosts: [\"a\"] wants a machine, got 1", plan.write_hosts, plan, { a = 1 })
address.distinct { plan, six, "10.1.0.8/29" }
no("subnets overlap: 10.1.0.0/29, number 1, and 10.1.0.0/16, number 3", address.distinct, { plan, "10.2.0.0/16", "10.1.0.0/16" })
no("address.distinct: 5 is no subnet", address.distinct, { 5 })
no("address.distinct wants a list of plans", address.distinct, plan)

-- topology
local mesh = topology.mesh { "a", "b", "c", "d", subnet = "10.9.0.0/24" }
check.equal(#mesh:net "a", 3)
local net = mesh:net "b"
check.equal({ net[1].name, net[1].address, net[3].name, net[3].address },
  { "to_a", "10.9.0.130/30", "to_d", "10.9.0.145/30" })
check.equal({ mesh:address "a", mesh:address "d" }, { "10.9.0.1", "10.9.0.4" })
local ring, star = topology.ring { "a", "b", "c" }, topology.star { "hub", "x", "y", "z" }
check.equal({ #ring:net "a", #star:net "hub", #star:net "x" }, { 2, 3, 1 })
check.not_equal(ring:address "a", star:address "hub")
assert(ring:cable("a", "b") == select(2, ring:cable("b", "a")))
no("there is no cable between 'x' and 'y'", star.cable, star, "x", "y")
no("there is no cable between 'x' and 'x'", star.unplug, star, "x", "x")
no("the topology has no 'hob'; did you mean 'hub'?", star.plug, star, "hob", "y")
no("the topology has no 'q'", star.net, star, "q") no("has no 'q'", star.cut, star, { "x", "q" })
no("topology: call it with ':', as in t:names()", star.names)
no("topology.ring wants at least 3 names, got 2", topology.ring, { "a", "b" })
no("topology.line wants a table with the nodes' names, got \"a\"", topology.line, "a")
no("a name has at most 12 characters", topology.line, { "a", "a-long-name-x" })
no("topology.line has no field 'subnets'", topology.line, { "a", "b", subnets = "x" })
no("is no IPv4 subnet of 16 addresses or more", topology.line, { "a", "b", subnet = "fd00::/64" })
no("10.9.0.0/28 has no addresses for 8 nodes", topology.line, { subnet = "10.9.0.0/28", "a", "b", "c", "d", "e", "f", "g", "h" })
no("10.9.0.0/28 has no addresses for 3 cables", topology.ring, { subnet = "10.9.0.0/28", "a", "b", "c" })
local left, right = topology.line { "a", "b" }, topology.line { "b", "c" }
no("the name 'b' is there twice", topology.bridge, left, right)
no("topology.bridge wants two topologies, argument 2 is {}", topology.bridge, left, {})
no("got the same twice", topology.bridge, left, left)
no("the second topology has no 'a'", topology.bridge, left, star, { to = "a" })
no("node 'hub' has its cables already", topology.bridge, left, star)
no("subnets overlap", topology.bridge, topology.line { "p", "q", subnet = "10.1.0.0/24" },
  topology.line { "r", "s", subnet = "10.1.0.0/16" })
local both = topology.bridge(left, topology.line { "c", "d" }, { from = "a", to = "d" })
check.equal(both:names(), { "a", "b", "c", "d" })
check.equal({ #both:net "a", #both:net "b", #both:net "d" }, { 2, 1, 2 })
check.equal(#both:hosts():gsub("[^\n]", ""), 4)
no("route wants a table of machines by node, got nil", both.route, both)
no("route: node 'a' wants a machine, got 1", both.route, both, { a = 1 })
no("the topology has no 'z'", both.route, both, { z = 1 })

-- cluster
no("either count or names says how many", cluster.boot, {})
no("either count or names says how many", cluster.boot, { count = 1, names = { "a" } })
no("field 'count' wants a whole number, got 1.5", cluster.boot, { count = 1.5 })
no("field 'count' wants 1 to 1000, got 0", cluster.boot, { count = 0 })
no("there is no name in it", cluster.boot, { names = {} })
no("the name 'a' is there twice", cluster.boot, { names = { "a", "a" } })
no("'ready' is a method here", cluster.boot, { names = { "ready" } })
no("microvm has no field 'memry'; did you mean 'memory'?", cluster.boot, { count = 2, machine = { memry = "1G" } })
no("cluster.boot: nodes has no 'nod1'; did you mean 'node1'?", cluster.boot, { count = 2, nodes = { nod1 = {} } })
no("nodes.node1 wants a table of fields, got 1", cluster.boot, { count = 1, nodes = { node1 = 1 } })
no("needs.node1 has no 'x'", cluster.boot, { count = 1, needs = { node1 = { "x" } } })
no("needs.node1 wants a list of names, got \"node2\"", cluster.boot, { count = 2, needs = { node1 = "node2" } })
no("these wait for each other: b → c → b", cluster.boot, { names = { "a", "b", "c" },
  needs = { a = { "b" }, b = { "c" }, c = { "b" } } })
no("the function 'machine' returns a table of fields, got nil for 'node1'", cluster.boot, { count = 1, machine = function() end })
no("the function 'kind' returns a machine, got nil for 'node1'", cluster.boot, { count = 1, kind = function() end })
no("field 'setup' wants a function, got 1", cluster.boot, { count = 1, setup = 1 })

-- service
local vm = microvm { name = "a", start = false }
no("service.start: wants a machine first, got {}", service.start, {})
no("either command or unit says what to start", service.start, vm, {})
no("either command or unit", service.start, vm, { command = "x", unit = "x" })
no("did you mean 'command'?", service.start, vm, { comand = "x" })
no("a unit has its own log: leave out 'log'", service.start, vm, { unit = "x", log = "/x" })
no("field 'port' wants 1 to 65535, got 0", service.start, vm, { command = "x", port = 0 })
no("field 'protocol' wants \"tcp\" or \"udp\"", service.start, vm, { command = "x", protocol = "x" })
no("field 'env' wants names and strings, got \"a b\" = 1", service.start, vm, { command = "x", env = { ["a b"] = 1 } })
no("field 'name' wants letters", service.start, vm, { command = "x", name = "../x" })
no("field 'health' wants a string or a function, got 1", service.start, vm, { command = "x", health = 1 })
no("machine 'a' was not started yet", service.start, vm, { command = "x" })
print "done"
