-- Objects whose fields are things by names of the script's, in an order, beside methods: clusters,
-- plans of addresses.
local host = require "internal.host"
local show = require "internal.show"

local named = {}

--- What is behind an object's methods.
local private = setmetatable({}, { __mode = "k" })

--- Names that guests, interfaces and files can bear too; each once.
---@param what string the function that was given them
---@param names any
---@param methods? table<string, function> whose names are taken
---@return string[]
function named.check(what, names, methods)
  if type(names) ~= "table" then
    host.fail("usage", ("%s wants a list of names, got %s"):format(what, show.value(names)))
  end
  local seen = {}
  for i, name in ipairs(names) do
    if type(name) ~= "string" or not name:find "^[%w][%w_-]*$" or #name > 63 then
      local message = "%s: a name has 1 to 63 letters, digits, '-' and '_', got %s"
      host.fail("usage", message:format(what, show.value(name)))
    end
    if methods and methods[name] then
      host.fail("usage", ("%s: '%s' is a method here, and cannot be a name"):format(what, name))
    end
    if seen[name] then
      host.fail("usage", ("%s: the name '%s' is there twice"):format(what, name))
    end
    seen[name] = i
  end
  return names
end

--- Raises for a name that is not among the known ones.
---@param what string
---@param name any
---@param known string[]
function named.demand(what, name, known)
  for _, each in ipairs(known) do
    if each == name then return name end
  end
  host.fail("usage", ("%s has no '%s'%s"):format(what, show.harmless(tostring(name)),
    host.hint(tostring(name), known)))
end

---@param self table
---@param class table its metatable
---@param call string how the method is called
---@return table state
function named.state(self, class, call)
  if getmetatable(self) ~= class then
    host.fail("usage", ("%s: call it with ':', as in %s"):format(class.__name, call))
  end
  return private[self]
end

--- A class of such objects. Its methods get state.names, a list, and state.values, by name.
---@param kind string what messages call it
---@param methods table<string, function>
---@return table class
function named.class(kind, methods)
  local class = { __name = kind }

  function class.__index(self, key)
    local state = private[self]
    if methods[key] then return methods[key] end
    if math.type(key) == "integer" then return state.values[state.names[key]] end
    local value = state.values[key]
    if value ~= nil then return value end
    local known = table.move(state.names, 1, #state.names, 1, {})
    for name in pairs(methods) do known[#known + 1] = name end
    return named.demand("the " .. kind, key, known)
  end

  function class.__newindex()
    host.fail("usage", ("the fields of the %s cannot be assigned"):format(kind))
  end

  function class.__len(self) return #private[self].names end

  function class.__pairs(self)
    local state, i = private[self], 0
    return function()
      i = i + 1
      local name = state.names[i]
      if name ~= nil then return name, state.values[name] end
    end
  end

  function class.__tostring(self)
    return ("%s of %s"):format(kind, table.concat(private[self].names, ", "))
  end

  return class
end

---@param class table
---@param state table with names and values
---@return table
function named.make(class, state)
  local self = setmetatable({}, class)
  private[self] = state
  return self
end

return named
