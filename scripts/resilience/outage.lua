-- How long something was away, seen by a probe that is tried again and again beside the script.
local vmscript = require "vmscript"

--- What a probe may fail of while it is watched; anything else fails the script.
local EXPECTED = { command = true, connection = true, assertion = true, timeout = true }

---@class Outage
---@field from Seconds when the first try failed, as now() counts
---@field to Seconds when a try succeeded again, or the end of the watch
---@field reason string what the first failed of

---@class OutageReport
---@field tries integer
---@field failures integer
---@field longest Seconds of an outage
---@field total Seconds of all outages
---@field outages Outage[]

---@class OutageWatch
---@field private report OutageReport
---@field private open? Outage
---@field private task Task
local Watch = { __name = "outage watch" }
Watch.__index = Watch

function Watch:record(began, ok, reason)
  local report = self.report
  report.tries = report.tries + 1
  if ok then
    if self.open then self.open.to = vmscript.now() end
    self.open = nil
    return
  end
  report.failures = report.failures + 1
  if not self.open then
    self.open = { from = began, to = began, reason = tostring(reason) }
    table.insert(report.outages, self.open)
  end
end

--- Whether the last try failed.
---@return boolean
function Watch:is_down() return self.open ~= nil end

--- Ends the watch and tells what it saw.
---@return OutageReport
function Watch:stop()
  self.task:cancel()
  local report = self.report
  if self.open then self.open.to = vmscript.now() end
  self.open = nil
  report.longest, report.total = 0, 0
  for _, each in ipairs(report.outages) do
    report.longest = math.max(report.longest, each.to - each.from)
    report.total = report.total + each.to - each.from
  end
  return report
end

function Watch:__close() self.task:cancel() end

local outage = {}

---@class WatchOptions
---@field interval? Seconds between two tries, default 0.1

--- Begins to try a probe: a function that raises, or returns false or nil, when what it looks for
--- is away. It runs beside the script until stop() or the end of the block (`<close>`).
---@param probe fun(): any
---@param given? WatchOptions
---@return OutageWatch
function outage.watch(probe, given)
  local read = vmscript.options(given, { interval = 0.1 }, "outage.watch")
  vmscript.options({ probe = probe }, { probe = vmscript.options.required "function" },
    "outage.watch")
  local self = setmetatable({ report = { tries = 0, failures = 0, outages = {} } }, Watch)
  self.task = vmscript.spawn(function()
    while true do
      local began = vmscript.now()
      local ok, value = pcall(probe)
      local kind = not ok and type(value) == "userdata" and value.kind
      if not ok and not EXPECTED[kind] then error(value, 0) end
      self:record(began, ok and value, ok and "it returned " .. tostring(value) or value)
      vmscript.wait(read.interval)
    end
  end)
  return self
end

return outage
