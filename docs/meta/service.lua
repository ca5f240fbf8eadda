---@meta vmscript.service
-- Types of the module vmscript.service. docs/stdlib/service.md says more.
-- luacheck: ignore 211 212 241

---@class ServiceFields
---@field command? string for sh, staying in the foreground; or
---@field unit? string of the guest's systemd
---@field name? string default: the program's or the unit's
---@field port? integer healthy when something listens there
---@field protocol? "tcp"|"udp" default "tcp"
---@field health? string|fun(vm: Machine): any a command that succeeds, or something true
---@field timeout? Seconds for it to be healthy
---@field env? table<string, string|number> of a command
---@field cwd? string of a command, default "/"
---@field log? string of a command, default "/run/vmscript/NAME/log"
---@field stop_timeout? Seconds between SIGTERM and SIGKILL, default 10

---@class Service
---@field name string
---@field machine Machine
local Service = {}

--- Waits until it is healthy; raises at once if it has ended.
---@param options? Timeout
function Service:await(options) end

--- Starts it if it does not run, and waits until it is healthy.
function Service:start() end

--- Returns when all its processes are gone.
function Service:stop() end

function Service:restart() end

---@return boolean
function Service:is_running() end

---@param lines? integer default 1000
---@return string
function Service:logs(lines) end

local service = {}

--- Starts it and waits until it is healthy.
---@param vm Machine
---@param fields ServiceFields
---@return Service
function service.start(vm, fields) end

return service
