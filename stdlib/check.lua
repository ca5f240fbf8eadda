-- Assertions that show both sides. docs/stdlib/check.md describes them.
local compare = require "internal.compare"
local host = require "internal.host"
local show = require "internal.show"

local check = {}

local KINDS = {
  usage = true, missing = true, launch = true, exited = true, guest_panic = true, timeout = true,
  command = true, agent = true, qmp = true, connection = true, assertion = true, cancelled = true,
  memory = true,
}

--- Ends of the machine that a call needed: no failure of what was asked of it.
local DEATHS = { exited = true, guest_panic = true, agent = true }

--- Raises, and blames the line that called the check.
local function fail(message, text, notes)
  if message ~= nil then text = ("%s: %s"):format(show.harmless(tostring(message)), text) end
  host.fail("assertion", text, notes)
end

local function refuse(text, ...) host.fail("usage", text:format(...)) end

--- Equal by value: tables by what is in them. Returns `got`.
function check.equal(got, expected, message)
  local found = compare.differences(got, expected)
  if #found == 0 then return got end
  local first, notes = found[1], nil
  if first.path ~= "" then
    notes = { "got:      " .. show.value(got), "expected: " .. show.value(expected) }
    for i, each in ipairs(found) do
      if i > 1 then notes[#notes + 1] = ("at %s: %s"):format(each.path, each.text) end
    end
    if found.more then notes[#notes + 1] = "… and more differences" end
  end
  local where = first.path ~= "" and ("at %s: "):format(first.path) or ""
  return fail(message, where .. first.text, notes)
end

function check.not_equal(got, unwanted, message)
  if not compare.equal(got, unwanted) then return got end
  return fail(message, ("got %s, which it must not be"):format(show.value(got)))
end

--- Neither false nor nil.
function check.truthy(got, message)
  if got then return got end
  return fail(message, ("got %s, expected something true"):format(show.value(got)))
end

--- False or nil.
function check.falsy(got, message)
  if not got then return got end
  return fail(message, ("got %s, expected false or nil"):format(show.value(got)))
end

--- Returns the match and its captures.
function check.matches(text, wanted, message)
  local found = compare.find(text, wanted, "check.matches")
  if found.n > 0 then return table.unpack(found, 1, found.n) end
  return fail(message, ("got %s, expected %s in it"):format(show.value(text),
    compare.shown(wanted)))
end

local function contains(where, value, what)
  if type(where) == "string" then return compare.find(where, value, what).n > 0 end
  if type(where) ~= "table" then
    refuse("%s wants a text or a list to look in, got %s", what, show.value(where))
  end
  for _, each in next, where do
    if compare.equal(each, value) then return true end
  end
  return false
end

--- A text has a text in it, or a table a value.
function check.contains(where, value, message)
  if contains(where, value, "check.contains") then return where end
  return fail(message, ("no %s in %s"):format(compare.shown(value), show.value(where)))
end

function check.lacks(where, value, message)
  if not contains(where, value, "check.lacks") then return where end
  return fail(message, ("%s is in %s"):format(compare.shown(value), show.value(where)))
end

--- Two numbers no further apart than the tolerance.
function check.near(got, expected, tolerance, message)
  if type(expected) ~= "number" or expected ~= expected then
    refuse("check.near: the expected value is a number, got %s", show.value(expected))
  elseif type(tolerance) ~= "number" or tolerance < 0 or tolerance ~= tolerance then
    refuse("check.near: the tolerance is a number, got %s", show.value(tolerance))
  end
  if type(got) == "number" and (got == expected or math.abs(got - expected) <= tolerance) then
    return got
  end
  return fail(message, ("got %s, expected %s ± %s"):format(show.value(got), show.value(expected),
    show.value(tolerance)))
end

--- The same keys in both, whatever the values; the second may be a list of keys.
function check.same_keys(got, expected, message)
  if type(got) ~= "table" or type(expected) ~= "table" then
    refuse("check.same_keys wants two tables, got %s and %s", show.value(got), show.value(expected))
  end
  local wanted = {}
  if rawlen(expected) > 0 and rawlen(got) == 0 then
    for _, key in ipairs(expected) do wanted[key] = true end
  else
    for key in next, expected do wanted[key] = true end
  end
  local parts = {}
  local function list(what, from, other)
    local names = {}
    for _, key in ipairs(show.keys(from)) do
      if rawget(other, key) == nil then names[#names + 1] = show.value(key) end
    end
    local count = #names
    if count > 0 then
      local more = count > 10 and (", … %d more"):format(count - 10) or ""
      parts[#parts + 1] = what .. " " .. table.concat(names, ", ", 1, math.min(count, 10)) .. more
    end
  end
  list("keys that are missing:", wanted, got)
  list("keys too many:", got, wanted)
  if #parts == 0 then return got end
  return fail(message, table.concat(parts, "; "))
end

--- Calls f, which must raise an error of that kind, or with that text. Returns the error.
function check.error(f, wanted, text, message)
  if type(f) ~= "function" then refuse("check.error wants a function, got %s", show.value(f)) end
  local kind = type(wanted) == "string" and KINDS[wanted] and wanted or nil
  if kind == nil and wanted ~= nil then
    if text ~= nil then
      refuse("check.error wants a kind of error before the text, got %s", show.value(wanted))
    end
    text = wanted
  end
  local ok, reason = pcall(f)
  local asked = kind and ("an error of kind '%s'"):format(kind) or "an error"
  if text ~= nil then asked = asked .. " with " .. compare.shown(text) end
  if ok then return fail(message, ("nothing was raised, expected %s"):format(asked)) end
  local got = type(reason) == "userdata" and reason.kind or nil
  if DEATHS[got] and got ~= kind then error(reason, 0) end
  local words = type(reason) == "table" and not (getmetatable(reason) or {}).__tostring
    and show.value(reason) or tostring(reason)
  local is_it = (kind == nil or got == kind)
    and (text == nil or compare.find(words, text, "check.error").n > 0)
  if is_it then return reason end
  return fail(message, ("got %s%s, expected %s"):format(
    got and ("an error of kind '%s': "):format(got) or "", show.harmless(words), asked),
    type(reason) == "userdata" and reason.notes or nil)
end

return check
