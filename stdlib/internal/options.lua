-- Checks of the one table of fields that a function takes, as the host's own constructors have
-- them, for modules of the standard library and, as `options`, for anybody's.
local host = require "internal.host"
local show = require "internal.show"

---@class OptionRule
---@field kinds string[] one of which the value must be
---@field values? any[] or one of these
---@field needed? boolean
---@field default? any
local Rule = {}

local function is_rule(value) return getmetatable(value) == Rule end

--- What a value is called: its Lua type, or what an object's metatable says.
---@param value any
---@return string
local function kind_of(value)
  local meta = debug.getmetatable(value)
  local name = type(value) ~= "string" and type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name or type(value)
end

local TESTS = {
  any = function() return true end,
  integer = function(value) return math.type(value) == "integer" end,
  seconds = function(value) return type(value) == "number" and value >= 0 end,
}

local PHRASES = {
  any = "a value", integer = "a whole number", seconds = "a number of seconds",
  boolean = "true or false",
}

local function is_a(value, kind)
  local test = TESTS[kind]
  if test then return test(value) end
  return type(value) == kind or kind_of(value) == kind
end

local function phrase(rule)
  local words = {}
  for i, value in ipairs(rule.values or {}) do words[i] = show.value(value) end
  for _, kind in ipairs(rule.kinds) do
    words[#words + 1] = PHRASES[kind] or (kind:find "^[aeiou]" and "an " or "a ") .. kind
  end
  if #words == 1 then return words[1] end
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

local function fits(value, rule)
  for _, each in ipairs(rule.values or {}) do
    if each == value then return true end
  end
  for _, kind in ipairs(rule.kinds) do
    if is_a(value, kind) then return true end
  end
  return false
end

local function kinds(what, ...)
  local list = table.pack(...)
  for i = 1, list.n do
    if type(list[i]) ~= "string" then
      host.fail("usage", ("options.%s wants names of types, got %s"):format(what,
        show.value(list[i])))
    end
  end
  return list.n > 0 and list or { "any" }
end

local M = { public = {}, kind_of = kind_of }

--- A field that must be given.
---@param ... string types: Lua's, "integer", "seconds", "any", or an object's such as "machine"
---@return OptionRule
function M.public.required(...)
  return setmetatable({ kinds = kinds("required", ...), needed = true }, Rule)
end

--- A field without a default.
---@param ... string as for required
---@return OptionRule
function M.public.optional(...)
  return setmetatable({ kinds = kinds("optional", ...) }, Rule)
end

--- A field that is one of some values, the first unless given.
---@param ... string|number|boolean
---@return OptionRule
function M.public.one_of(...)
  local values = { ... }
  if #values == 0 then host.fail("usage", "options.one_of wants the values that may be") end
  return setmetatable({ kinds = {}, values = values, default = values[1] }, Rule)
end

--- A default with names in it is a table of fields of its own; a list, or an object, is a value.
local function is_nested(default)
  return type(default) == "table" and getmetatable(default) == nil
    and type(next(default)) == "string"
end

local function copied(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local copy = {}
  for key, each in next, value do copy[key] = copied(each) end
  return copy
end

local function refuse_unknown(what, given, defaults, fail)
  for _, name in ipairs(show.keys(given)) do
    if type(name) ~= "string" then fail(("%s has no field [%s]"):format(what, show.value(name))) end
    if defaults[name] == nil then
      local known = {}
      for each in pairs(defaults) do known[#known + 1] = each end
      table.sort(known)
      fail(("%s has no field '%s'%s"):format(what, show.harmless(name), host.hint(name, known)))
    end
  end
end

---@param what string whose fields they are
---@param given any
---@param defaults table<string, any>
---@param fail fun(message: string) raises
---@return table
local function read(what, given, defaults, fail)
  if given == nil then given = {} end
  if type(given) ~= "table" or kind_of(given) ~= "table" then
    fail(("%s wants a table of fields, got %s"):format(what,
      type(given) == "table" and kind_of(given) or show.value(given)))
  end
  refuse_unknown(what, given, defaults, fail)
  local result = {}
  for _, name in ipairs(show.keys(defaults)) do
    local default, value = defaults[name], given[name]
    if is_nested(default) then
      result[name] = read(("%s.%s"):format(what, name), value, default, fail)
    else
      local rule = is_rule(default) and default or { kinds = { type(default) }, default = default }
      if value == nil and rule.needed then
        fail(("%s needs the field '%s': %s"):format(what, name, phrase(rule)))
      elseif value ~= nil and not fits(value, rule) then
        fail(("%s: field '%s' wants %s, got %s"):format(what, name, phrase(rule),
          show.value(value)))
      end
      if value == nil then value = copied(rule.default) end
      result[name] = value
    end
  end
  return result
end

--- For the standard library's own: blames the script, as host.fail does.
---@param what string
---@param given any
---@param defaults table<string, any>
---@return table
function M.read(what, given, defaults)
  return read(what, given, defaults, function(message) host.fail("usage", message) end)
end

--- What stands at positions 1 to n of a table of fields, and the rest of it.
---@param what string
---@param given any
---@param wanted string what is in the list
---@return any[] list
---@return table rest
function M.split(what, given, wanted)
  if type(given) ~= "table" or kind_of(given) ~= "table" then
    host.fail("usage", ("%s wants a table with %s, got %s"):format(what, wanted, show.value(given)))
  end
  local list, rest = {}, {}
  for i = 1, rawlen(given) do list[i] = given[i] end
  for key, value in next, given do
    if math.type(key) ~= "integer" or key < 1 or key > #list then rest[key] = value end
  end
  return list, rest
end

--- The script's frames, innermost first, and whether one is missing before them: what returns the
--- result of a call as its own has left the stack.
local function frames()
  local list, is_missing = {}, false
  for level = 2, math.huge do
    local frame = debug.getinfo(level, "Slnt")
    if not frame then return list, is_missing end
    local is_own = frame.source:find "^=vmscript" ~= nil
    if is_own and #list == 0 then
      is_missing = frame.istailcall
    elseif not is_own and frame.currentline > 0 then
      list[#list + 1] = frame
    end
  end
end

local function shown(frame)
  return ("%s:%d"):format(frame.source:sub(2), frame.currentline)
end

--- The line to blame for what the function that called `options` was given, and that function's
--- name. It is where its file was entered from another one; in the script's own file, its caller.
local function blamed()
  local list, is_missing = frames()
  local library = list[1]
  if not library then return nil end
  if is_missing then return shown(library) end
  local script = type(arg) == "table" and arg[0]
  local is_script = library.source == "@" .. tostring(script) or library.source == "=stdin"
  local caller = list[2]
  for i = 2, is_script and 1 or #list do
    caller = list[i]
    if caller.source ~= library.source then break end
  end
  local name = library.what ~= "main" and library.name or nil
  return shown(caller or library), name
end

--- The global `options`.
---@param given any
---@param defaults table<string, any>
---@param what? string
---@return table
function M.call(given, defaults, what)
  if type(defaults) ~= "table" then
    host.fail("usage", ("options wants what was given and a table of defaults, got %s"):format(
      show.value(defaults)))
  end
  for key in next, defaults do
    if type(key) ~= "string" then
      host.fail("usage", ("options: fields have names, got the default [%s]"):format(
        show.value(key)))
    end
  end
  local where, name
  local function fail(message) host.fail("usage", message, nil, nil, where) end
  -- The stack is looked at when something is wrong, or has no name.
  if what == nil then where, name = blamed() end
  local ok, result = pcall(read, what or name or "this function", given, defaults, function(message)
    error({ message = message }, 0)
  end)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  where = where or (blamed())
  return fail(result.message)
end

return M
