-- Checks of the one table that a constructor takes, as the host's own constructors have them.
local host = require "internal.host"

local fields = {}

local function shown(value)
  return type(value) == "string" and ("'%s'"):format(value) or tostring(value)
end

function fields.wrong(what, name, wanted, value)
  host.fail("usage", ("%s: field '%s' wants %s, got %s"):format(what, name, wanted, shown(value)))
end

--- The table, each field of which must be known and of its type: { name = "string" }.
function fields.check(what, given, known)
  if given == nil then given = {} end
  if type(given) ~= "table" then
    host.fail("usage", ("%s wants a table of fields, got %s"):format(what, type(given)))
  end
  for name, value in pairs(given) do
    if not known[name] then
      local names = {}
      for each in pairs(known) do names[#names + 1] = each end
      table.sort(names)
      host.fail("usage", ("%s has no field '%s'%s"):format(what, tostring(name),
        host.hint(tostring(name), names)))
    end
    local wanted = known[name]
    if type(value) ~= wanted then
      fields.wrong(what, name, (wanted == "table" and "a " or "a ") .. wanted, value)
    end
  end
  return given
end

--- The strings of a list, each of which the pattern must match.
function fields.strings(what, name, list, pattern, wanted)
  local count = 0
  for _ in pairs(list or {}) do count = count + 1 end
  for i = 1, count do
    local value = list[i]
    if type(value) ~= "string" or not value:find(pattern) then
      fields.wrong(what, ("%s[%d]"):format(name, i), wanted, value)
    end
  end
  return list or {}
end

--- Keys in order, so that the same recipe is the same text.
function fields.sorted(map)
  local keys = {}
  for key in pairs(map or {}) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  local i = 0
  return function()
    i = i + 1
    return keys[i], keys[i] ~= nil and map[keys[i]] or nil
  end
end

return fields
