---@meta vmscript.barrier
-- Types of require "vmscript.barrier". docs/manual.md says more.
-- luacheck: ignore 211 212 241

--- A place where tasks meet.
---@class Barrier
local Barrier = {}

--- Waits until as many have arrived as it was made for; then the next round begins.
---@param options? Timeout
---@return integer round
function Barrier:arrive(options) end

---@param count integer
---@return Barrier
local function barrier(count) end

return barrier
