-- What scope() gives: several things that end together, in the reverse of the order they came in.
local host = require "internal.host"
local options = require "internal.options"
local show = require "internal.show"

---@class Scope
local Scope = { __name = "scope" }
Scope.__index = Scope

local function closer(value)
  if type(value) == "function" then return value end
  local meta = debug.getmetatable(value)
  local close = type(meta) == "table" and rawget(meta, "__close") or nil
  return close and function(failure) return close(value, failure) end
end

--- Ends the rest, the newest first. An error that pcall cannot keep, as when the task is cancelled,
--- passes; what is left is ended all the same.
local function end_all(self, failure, failures)
  local _ <close> = setmetatable({}, { __close = function()
    if #self > 0 then end_all(self, failure, failures) end
  end })
  while #self > 0 do
    local close = table.remove(self)
    local ok, reason = pcall(close, failure)
    if not ok then failures[#failures + 1] = reason end
  end
end

--- The first error, with what went wrong after it.
local function joined(failures)
  local first, notes = failures[1], {}
  for i = 2, #failures do
    notes[#notes + 1] = "then, at the end of the scope: " .. tostring(failures[i])
    for _, note in ipairs(type(failures[i]) == "userdata" and failures[i].notes or {}) do
      notes[#notes + 1] = "  " .. note
    end
  end
  if #notes == 0 then return first end
  if type(first) == "string" then return first .. "\n" .. table.concat(notes, "\n") end
  local error = host.annotate(first, notes)
  if error then return error end
  for _, note in ipairs(notes) do host.say(note) end
  return first
end

--- Puts something into the scope: an object that can be closed, or a function that is called at its
--- end. Returns it.
function Scope:add(value)
  if getmetatable(self) ~= Scope then
    host.fail("usage", "add wants a scope before it; call it with ':', as in s:add(…)")
  end
  local close = closer(value)
  if not close then
    local got = options.kind_of(value) == "table" and "a table without __close" or show.value(value)
    host.fail("usage", "scope:add wants what has an end, as a machine or a function, got " .. got)
  end
  self[#self + 1] = close
  return value
end

--- What is in the scope stays when it ends.
function Scope:release()
  if getmetatable(self) ~= Scope then
    host.fail("usage", "release wants a scope before it; call it with ':', as in s:release()")
  end
  for i = #self, 1, -1 do self[i] = nil end
end

function Scope:__close(failure)
  local failures = { failure }
  end_all(self, failure, failures)
  if #failures > (failure == nil and 0 or 1) then error(joined(failures), 0) end
end

return function() return setmetatable({}, Scope) end
