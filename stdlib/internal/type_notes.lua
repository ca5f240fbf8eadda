-- Reads the types of docs/meta: the LuaCATS annotations that are used there. A type is a list of
-- alternatives, each one of
--   { kind = "class", name = }             { kind = "literal", value = }
--   { kind = "array", of = type }          { kind = "map", key = type, value = type }
--   { kind = "fields", fields = { name → type } }
--   { kind = "function" }                  { kind = "plain", name = "string", "any", … }

local PLAIN = {}
for name in ([[string number integer boolean nil table function any userdata true
false]]):gmatch "%a+" do PLAIN[name] = true end

local Notes = {}
Notes.__index = Notes

-- Types -------------------------------------------------------------------------------------------

local Reader = {}
Reader.__index = Reader

function Reader:accept(pattern)
  local found, stop = self.text:match("^%s*(" .. pattern .. ")()", self.place)
  if found then self.place = stop end
  return found
end

--- What stands behind a "{": names, `[key]`s and their types.
function Reader:fields()
  local fields, elements = {}, nil
  while not self:accept "}" do
    if self:accept "%[" then
      elements = elements or {}
      if not self:accept "%d+" then self:type() end
      self:accept "%]"
      self:accept ":"
      table.move(self:type(), 1, 99, #elements + 1, elements)
    else
      local name = self:accept "[%w_]+"
      local is_optional = self:accept "%?"
      self:accept ":"
      fields[name] = self:type()
      if is_optional then table.insert(fields[name], { kind = "plain", name = "nil" }) end
    end
    self:accept ","
  end
  return { kind = "fields", fields = fields, elements = elements }
end

function Reader:one()
  local literal = self:accept '"[^"]*"'
  if literal then return { kind = "literal", value = literal:match '^%s*"(.*)"$' } end
  if self:accept "%(" then
    local inner = self:type()
    self:accept "%)"
    return { kind = "group", inner = inner }
  elseif self:accept "{" then
    return self:fields()
  elseif self:accept "fun%f[%W]" then
    self.place = select(2, self.text:find("^%s*%b()", self.place)) + 1
    local returns = self:accept ":" and self:type() or {}
    return { kind = "function", returns = returns }
  elseif self:accept "table%s*<" then
    local key = self:type()
    self:accept ","
    local value = self:type()
    self:accept ">"
    return { kind = "map", key = key, value = value }
  end
  local name = self:accept "[%a_][%w_.]*"
  if not name then return { kind = "plain", name = "any" } end
  name = name:match "%S+"
  return PLAIN[name] and { kind = "plain", name = name } or { kind = "class", name = name }
end

function Reader:type()
  local alternatives = {}
  repeat
    local found = self:one()
    local suffix = self:accept "%[%]" or self:accept "%?"
    while suffix do
      if suffix:find "%?" then
        alternatives[#alternatives + 1] = { kind = "plain", name = "nil" }
      else
        local of = found.kind == "group" and found.inner or { found }
        found = { kind = "array", of = of }
      end
      suffix = self:accept "%[%]" or self:accept "%?"
    end
    if found.kind == "group" then
      table.move(found.inner, 1, #found.inner, #alternatives + 1, alternatives)
    else
      alternatives[#alternatives + 1] = found
    end
  until not self:accept "|"
  return alternatives
end

--- A type at the beginning of a text, and what follows it.
local function type_in(text)
  local reader = setmetatable({ text = text, place = 1 }, Reader)
  local found = reader:type()
  return found, text:sub(reader.place)
end

-- Annotations -------------------------------------------------------------------------------------

function Notes:class(name)
  local class = self.classes[name] or { name = name, fields = {}, methods = {}, parents = {} }
  self.classes[name] = class
  return class
end

local annotations = {}

function annotations.class(notes, rest, pending)
  local name, parents = rest:match "^([%w_]+)%s*:?%s*([%w_, ]*)"
  local class = notes:class(name)
  if rest:find "^[%w_]+%s*:" then
    for parent in parents:gmatch "[%w_]+" do
      table.insert(class.parents, parent)
      if not rest:find(parent .. "%s*,", #name + 1) then break end
    end
  end
  pending.class = class
end

function annotations.field(_, rest, pending)
  local class = pending.class
  local index, after = rest:match "^%[(.-)%]%s*(.*)"
  if index then
    class.elements = class.elements or {}
    local of = type_in(after)
    table.move(of, 1, #of, #class.elements + 1, class.elements)
    if index:find "string" then class.has_any_name = true end
    return
  end
  local name, optional, text = rest:match "^([%w_]+)(%??)%s+(.*)"
  class.fields[name] = type_in(text)
  if optional == "?" then table.insert(class.fields[name], { kind = "plain", name = "nil" }) end
end

function annotations.alias(notes, rest, pending)
  local name, text = rest:match "^([%w_]+)%s*(.*)"
  notes.aliases[name] = text == "" and {} or type_in(text)
  pending.alias = notes.aliases[name]
end

function annotations.param(_, rest, pending)
  local name, text = rest:match "^([%w_.]+)%??%s+(.*)"
  table.insert(pending.parameters, { name = name, type = type_in(text) })
end

annotations["return"] = function(_, rest, pending)
  local found, after = type_in(rest)
  if after:find "^%s*%.%.%." then return end
  table.insert(pending.returns, found)
end

function annotations.generic(_, rest, pending)
  pending.generics[rest:match "^%w+"] = true
end

function annotations.overload(_, rest, pending)
  local inside, after = rest:match "^fun(%b())%s*:?%s*(.*)"
  local call = { parameters = {}, returns = { type_in(after) }, generics = {} }
  local reader = setmetatable({ text = inside:sub(2, -2), place = 1 }, Reader)
  while true do
    local name = reader:accept "[%w_.]+"
    if not name then break end
    reader:accept "%?"
    local type = reader:accept ":" and reader:type() or { { kind = "plain", name = "any" } }
    table.insert(call.parameters, { name = name, type = type })
    if not reader:accept "," then break end
  end
  if pending.class then pending.class.call = call else table.insert(pending.overloads, call) end
end

--- What annotations said of the declaration that follows them.
local function new_pending()
  return { parameters = {}, returns = {}, generics = {}, overloads = {} }
end

local function call_of(pending)
  return {
    parameters = pending.parameters, returns = pending.returns, generics = pending.generics,
    overloads = pending.overloads,
  }
end

-- Declarations ------------------------------------------------------------------------------------

--- A declaration of a meta file gets its name and what was said before it.
function Notes:declare(line, pending, locals)
  local owner, separator, name = line:match "^function ([%a_][%w_]*)([.:])([%w_]+)"
  if owner then
    local class = locals[owner] or self:class(owner)
    class.methods[name] = call_of(pending)
    class.methods[name].is_method = separator == ":"
    return
  end
  name = line:match "^function ([%w_]+)"
  if name then
    self.globals[name] = { call = call_of(pending) }
    return
  end
  name = line:match "^local ([%w_]+) = {}"
  if name then
    locals[name] = pending.class or { name = name, fields = {}, methods = {}, parents = {} }
    locals[name].is_object = true
    return
  end
  name = line:match "^([%w_]+) = {}"
  if name then
    local class = self:class(name)
    class.is_object = true
    self.globals[name] = { class = class }
  end
  name = line:match "^return ([%w_]+)"
  if name then return locals[name] end
end

--- Adds what a meta file says. One of a module gives `module`.
function Notes:read(text)
  local pending, locals = new_pending(), {}
  local module = text:match "^%-%-%-@meta ([%w_.]+)"
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local word, rest = line:match "^%-%-%-@(%a+)%s*(.*)"
    local alternative = line:match "^%-%-%-|%s*(.*)"
    if word then
      local annotation = annotations[word]
      if word == "class" or word == "alias" then pending = new_pending() end
      if annotation then annotation(self, rest, pending) end
    elseif alternative and pending.alias then
      local found = type_in(alternative)
      table.move(found, 1, #found, #pending.alias + 1, pending.alias)
    elseif line == "" then
      pending = new_pending()
    elseif not line:find "^%-%-" then
      local returned = self:declare(line, pending, locals)
      if returned and module then
        returned.shown = module
        self.modules[module] = { class = returned }
      end
      pending = new_pending()
    end
  end
end

-- Looking up --------------------------------------------------------------------------------------

--- A class and those it comes from, nearest first.
function Notes:line_of(class)
  local line = { class }
  for _, parent in ipairs(class.parents) do
    if self.classes[parent] then
      table.move(self:line_of(self.classes[parent]), 1, 99, #line + 1, line)
    end
  end
  return line
end

--- The type's alternatives with aliases resolved; generics and unknown names are any.
function Notes:resolve(type, seen)
  local all = {}
  for _, one in ipairs(type or {}) do
    local alias = one.kind == "class" and self.aliases[one.name]
    if alias and not (seen and seen[alias]) then
      local deeper = setmetatable({ [alias] = true }, { __index = seen })
      table.move(self:resolve(alias, deeper), 1, 99, #all + 1, all)
    elseif one.kind == "class" and not self.classes[one.name] then
      all[#all + 1] = { kind = "plain", name = "any" }
    else
      all[#all + 1] = one
    end
  end
  return all
end

--- A field's type, a method's or function's call, by name.
function Notes:member(class, name)
  for _, each in ipairs(self:line_of(class)) do
    if each.fields[name] then return { type = each.fields[name] } end
    if each.methods[name] then return { call = each.methods[name] } end
  end
end

--- Names of all members, sorted; `what` "fields" or "methods" for those alone.
function Notes:names(class, what)
  local names = {}
  for _, each in ipairs(self:line_of(class)) do
    for _, kind in ipairs { "fields", "methods" } do
      if not what or what == kind then
        for name in pairs(each[kind]) do names[#names + 1] = name end
      end
    end
  end
  table.sort(names)
  return names
end

return function()
  return setmetatable({ classes = {}, aliases = {}, globals = {}, modules = {} }, Notes)
end
