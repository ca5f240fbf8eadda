-- Faults that are undone when their block ends, however it ends:
--
--     local cut <close> = fault.unplug(cable)
--
-- Each gives an object with heal(), which undoes it sooner.
local vmscript = require "vmscript"

---@class Fault
---@field private undo? fun()
local Fault = { __name = "fault" }
Fault.__index = Fault

--- Undoes it; does nothing when it is undone already. A machine that has ended meanwhile has
--- nothing to be healed.
function Fault:heal()
  local undo = self.undo
  self.undo = nil
  if not undo then return end
  local ok, reason = pcall(undo)
  local kind = not ok and type(reason) == "userdata" and reason.kind
  if not ok and kind ~= "exited" then error(reason, 0) end
end

function Fault:__close() self:heal() end

local function begin(undo) return setmetatable({ undo = undo }, Fault) end

local fault = {}

--- Pulls a network cable.
---@param cable CableEnd
---@return Fault
function fault.unplug(cable)
  cable:unplug()
  return begin(function() cable:plug() end)
end

--- Stops a machine while time goes on, as a host does that swaps.
---@param vm Machine
---@return Fault
function fault.freeze(vm)
  vm:freeze()
  return begin(function() vm:thaw() end)
end

--- Stops a machine and its clocks.
---@param vm Machine
---@return Fault
function fault.pause(vm)
  vm:pause()
  return begin(function() vm:resume() end)
end

--- Stops a service of vmscript.service.
---@param service Service
---@return Fault
function fault.stop(service)
  service:stop()
  return begin(function() service:start() end)
end

---@class FlapOptions
---@field times? integer default 3
---@field down? Seconds default 0.5
---@field up? Seconds default 0.5

--- A cable with a loose contact: pulled and put back some times. Returns when it is in place.
---@param cable CableEnd
---@param given? FlapOptions
function fault.flap(cable, given)
  local read = vmscript.options(given, { times = 3, down = 0.5, up = 0.5 }, "fault.flap")
  for _ = 1, read.times do
    local cut <close> = fault.unplug(cable)
    vmscript.wait(read.down)
    cut:heal()
    vmscript.wait(read.up)
  end
end

return fault
