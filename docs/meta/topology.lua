---@meta vmscript.topology
-- Types of the module vmscript.topology. docs/stdlib/topology.md says more.
-- luacheck: ignore 211 212 241

---@class CableTopologyFields
---@field [integer] string the nodes' names, up to 12 characters
---@field subnet? string IPv4; default: the next of 10.1.0.0/16, 10.2.0.0/16 …

--- Nodes, and cables between them.
---@class CableTopology
local CableTopology = {}

---@return string[]
function CableTopology:names() end

--- What the machine's `net` wants.
---@param name string
---@return Interface[]
function CableTopology:net(name) end

--- The node's own address, at which it is reached on any way.
---@param name string
---@return string
function CableTopology:address(name) end

---@param a string
---@param b string
---@return CableEnd at_a
---@return CableEnd at_b
function CableTopology:cable(a, b) end

--- Sets addresses and routes along the cables that are in place.
---@param machines table<string, Machine>|Cluster by node
function CableTopology:route(machines) end

---@param a string
---@param b string
function CableTopology:unplug(a, b) end

---@param a string
---@param b string
function CableTopology:plug(a, b) end

--- Pulls all cables between these nodes and the others.
---@param names string[]
function CableTopology:cut(names) end

--- Puts all cables back.
function CableTopology:heal() end

--- The lines of /etc/hosts with the nodes' own addresses.
---@return string
function CableTopology:hosts() end

---@param machines table<any, Machine>|Cluster
function CableTopology:write_hosts(machines) end

local topology = {}

--- Each to the next.
---@param fields CableTopologyFields
---@return CableTopology
function topology.line(fields) end

--- Each to the next, and the last to the first.
---@param fields CableTopologyFields
---@return CableTopology
function topology.ring(fields) end

--- The first to each of the others.
---@param fields CableTopologyFields
---@return CableTopology
function topology.star(fields) end

--- Each to each.
---@param fields CableTopologyFields
---@return CableTopology
function topology.mesh(fields) end

--- Two as one, with a cable more.
---@param a CableTopology
---@param b CableTopology
---@param options? { from?: string, to?: string } default: the last node of a, the first of b
---@return CableTopology
function topology.bridge(a, b, options) end

return topology
