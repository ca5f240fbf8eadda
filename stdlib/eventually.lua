-- Checks that have to hold in time, or for a time. docs/stdlib/eventually.md describes them.
local check = require "vmscript.check"
local host = require "internal.host"
local options = require "internal.options"
local show = require "internal.show"
local vmscript = require "vmscript"

local eventually = {}

local optional = options.public.optional
local HARMLESS = { command = true, connection = true, assertion = true }

local function demand_function(what, f)
  if type(f) == "function" then return end
  host.fail("usage", ("%s wants a function, got %s"):format(what, show.value(f)))
end

--- Calls `try` until it raises nothing that may go away; returns what it returned.
local function until_done(what, given, try)
  local read = options.read(what, given,
    { timeout = optional "seconds", interval = optional "seconds", message = optional "string" })
  local results
  vmscript.wait.eventually(function()
    results = table.pack(try(read.message))
    return true
  end, { timeout = read.timeout, interval = read.interval })
  return table.unpack(results, 1, results.n)
end

--- The checks of what f returns, and how many values each wants beside it.
for name, count in pairs {
  equal = 1, not_equal = 1, falsy = 0, matches = 1, contains = 1, lacks = 1, near = 2,
  same_keys = 1,
} do
  local what, test = "eventually." .. name, check[name]
  eventually[name] = function(f, ...)
    demand_function(what, f)
    local wanted = table.pack(...)
    return until_done(what, wanted[count + 1], function(message)
      wanted[count + 1] = message
      return test(f(), table.unpack(wanted, 1, count + 1))
    end)
  end
end

--- Until f fails in that way.
function eventually.error(f, wanted, given)
  demand_function("eventually.error", f)
  return until_done("eventually.error", given, function(message)
    return check.error(f, wanted, nil, message)
  end)
end

--- What f returns stays true for so long. Returns the last.
function eventually.stays(f, seconds, given)
  demand_function("eventually.stays", f)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    host.fail("usage", ("eventually.stays wants a number of seconds, got %s"):format(
      show.value(seconds)))
  end
  local read = options.read("eventually.stays", given,
    { interval = 0.1, message = optional "string" })
  local started = vmscript.now()
  while true do
    local results = table.pack(pcall(f))
    local ok, value = results[1], results[2]
    local passed = vmscript.now() - started
    if not ok and not HARMLESS[type(value) == "userdata" and value.kind] then error(value, 0) end
    if not ok or not value then
      local prefix = read.message and show.harmless(read.message) .. ": " or ""
      local last = ok and "it returned " .. show.value(value) or tostring(value)
      host.fail("assertion", ("%sheld for %.1f s of %g s, then: %s"):format(prefix, passed, seconds,
        last), not ok and value.notes or nil)
    end
    if passed >= seconds then return table.unpack(results, 2, results.n) end
    vmscript.wait(math.min(read.interval, seconds - passed))
  end
end

return eventually
