---@meta vmscript.channel
-- Types of require "vmscript.channel". docs/manual.md says more.
-- luacheck: ignore 211 212 241

---@class ChannelFields
---@field capacity? integer how many values may lie in it; default 1024
---@field name? string for messages

--- A queue of values between tasks.
---@class Channel
---@operator len: integer
local Channel = {}

--- Waits while it is full.
---@param value any not nil
---@param options? Timeout
function Channel:put(value, options) end

--- The next value; nil when it is closed and empty.
---@param options? Timeout
---@return any
function Channel:take(options) end

--- The next value as an event.
---@return Event
function Channel:receive() end

--- Takes each value until the end.
---@param options? Timeout for each
---@return fun(): any
function Channel:values(options) end

--- No more values.
function Channel:close() end

---@param fields? ChannelFields
---@return Channel
local function channel(fields) end

return channel
