---@meta vmscript.address
-- Types of the module vmscript.address. docs/stdlib/address.md says more.
-- luacheck: ignore 211 212 241

---@class AddressPlanFields
---@field [integer] string names
---@field subnet string such as "10.1.0.0/24" or "fd00::/64"
---@field fixed? table<string, string> addresses by name
---@field first? integer where in the subnet the others' addresses begin, default 0

--- Addresses by name, and by position.
---@class AddressPlan
---@field [string|integer] string
local AddressPlan = {}

--- With the prefix: "10.1.0.1/24".
---@param name string
---@return string
function AddressPlan:interface(name) end

---@return string
function AddressPlan:subnet() end

--- The lines of /etc/hosts.
---@return string
function AddressPlan:hosts() end

--- Writes them into /etc/hosts of each machine; what else is there stays.
---@param machines table<any, Machine>|Cluster
function AddressPlan:write_hosts(machines) end

local address = {}

---@param fields AddressPlanFields
---@return AddressPlan
function address.plan(fields) end

--- Raises if two of them overlap.
---@param plans (AddressPlan|string)[]
function address.distinct(plans) end

return address
