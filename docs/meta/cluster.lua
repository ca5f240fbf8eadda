---@meta vmscript.cluster
-- Types of the module vmscript.cluster. docs/stdlib/cluster.md says more.
-- luacheck: ignore 211 212 241

---@class ClusterFields
---@field count? integer how many machines; or
---@field names? string[] what they are called
---@field prefix? string of the names of `count` machines, default "node"
---@field machine? MachineFields|fun(name: string, position: integer): MachineFields of all
---@field nodes? table<string, MachineFields> more fields, by name
---@field kind? fun(fields: MachineFields): Machine default microvm
---@field needs? table<string, string[]> who must be up before it starts, by name
---@field setup? fun(vm: Machine, name: string) when the machine is ready
---@field timeout? Seconds for each machine to get ready

--- Machines by name, and by position.
---@class Cluster
---@field [string|integer] Machine
local Cluster = {}

--- To wait for: all are up.
---@return Task
function Cluster:ready() end

---@return string[]
function Cluster:names() end

--- Calls f for all at once when all are up; gives what each returned first, by name.
---@param f fun(vm: Machine, name: string): any
---@return table<string, any>
function Cluster:each(f) end

local cluster = {}

--- Makes the machines, starts those that need nobody, and returns.
---@param fields ClusterFields
---@return Cluster
function cluster.boot(fields) end

return cluster
