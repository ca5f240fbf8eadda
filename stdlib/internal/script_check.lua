-- Looks for mistakes in scripts without running them, by the types of docs/meta: names that are
-- not there, fields and methods that are misspelt, values that cannot be meant. What it cannot
-- follow it lets pass.

local tree_of = require "internal.lua_tree"
local new_notes = require "internal.type_notes"

local Checker = {}
Checker.__index = Checker

-- Types of expressions ----------------------------------------------------------------------------

local KINDS = {
  string = "string", number = "number", table = "table", ["function"] = "function",
  ["true"] = "boolean", ["false"] = "boolean",
}

local function shown_literal(node)
  if node.tag == "string" then return ('"%s"'):format(node.value) end
  if node.tag == "number" then return tostring(node.value) end
  return "a " .. KINDS[node.tag]
end

local function shown_one(one)
  if one.kind == "literal" then return ('"%s"'):format(one.value) end
  if one.kind == "plain" or one.kind == "class" then return one.name end
  if one.kind == "array" or one.kind == "map" or one.kind == "fields" then return "table" end
  return one.kind
end

local function shown_type(alternatives)
  local words, seen = {}, {}
  for _, one in ipairs(alternatives) do
    local word = shown_one(one)
    if word ~= "nil" and not seen[word] then
      seen[word] = true
      words[#words + 1] = word
    end
  end
  local last = table.remove(words) or "nil"
  return #words == 0 and last or table.concat(words, ", ") .. " or " .. last
end

function Checker:complain(node, text)
  self.host.complain(self.path, node.line, node.column, text)
end

--- A value of which only a class is known: { class = }; a function: { call = }; else nil.
function Checker:type_of(node)
  if node.tag == "parentheses" then return self:type_of(node.inner) end
  if node.tag == "name" then
    if not node.variable then return self.globals[node.name] end
    return not node.variable.is_assigned and node.variable.value or nil
  elseif node.tag == "index" and node.key.tag == "string" then
    local subject = self:type_of(node.subject)
    local member = subject and subject.class and self.notes:member(subject.class, node.key.value)
    return member and (member.call and member or self:value_of(member.type))
  elseif node.tag == "call" or node.tag == "method" then
    return self:results(node)[1]
  end
end

--- What a type says of a value, if it says one thing.
function Checker:value_of(type)
  local found
  for _, one in ipairs(self.notes:resolve(type)) do
    if one.kind == "class" then
      if found then return end
      found = { class = self.notes.classes[one.name] }
    elseif not (one.kind == "plain" and one.name == "nil") then
      return
    end
  end
  return found
end

--- What is called by a call or a method.
function Checker:callee(node)
  if node.tag == "method" then
    local subject = self:type_of(node.subject)
    local member = subject and subject.class and self.notes:member(subject.class, node.name)
    return member and (member.call or nil)
  end
  local called = self:type_of(node.subject)
  return called and (called.call or called.class and called.class.call)
end

function Checker:results(node)
  if node.tag == "call" and node.subject.tag == "name" and not node.subject.variable
    and node.subject.name == "require" then
    local name = node.arguments[1]
    return { name and name.tag == "string" and self.notes.modules[name.value] or nil }
  end
  local call = self:callee(node)
  local values = {}
  for index, type in ipairs(call and call.returns or {}) do
    local generic = type[1] and call.generics[type[1].name]
    if generic then
      for position, parameter in ipairs(call.parameters) do
        local argument = node.arguments[position]
        if argument and #parameter.type == 1 and parameter.type[1].name == type[1].name then
          values[index] = self:type_of(argument)
        end
      end
    else
      values[index] = self:value_of(type)
    end
  end
  return values
end

-- Values against types ----------------------------------------------------------------------------

--- Whether an alternative lets a table be written in its place, and what it says of that.
function Checker:accepts_table(one)
  if one.kind == "array" or one.kind == "map" or one.kind == "fields" then return true end
  if one.kind == "plain" then return one.name == "table" or one.name == "any" end
  if one.kind ~= "class" then return false end
  local class = self.notes.classes[one.name]
  return not class.is_object and (next(class.fields) ~= nil or class.elements ~= nil)
end

--- Checks a table that is written where `type` is wanted.
function Checker:check_table(node, alternatives, what)
  local known, types, elements = {}, {}, {}
  local is_open = false
  for _, one in ipairs(alternatives) do
    if self:accepts_table(one) then
      if one.kind == "plain" then
        return
      elseif one.kind == "array" then
        table.move(one.of, 1, #one.of, #elements + 1, elements)
      elseif one.kind == "map" then
        is_open = true
        table.move(one.value, 1, #one.value, #elements + 1, elements)
      elseif one.kind == "fields" then
        for name, type in pairs(one.fields) do
          known[#known + 1] = name
          types[name] = types[name] or type
        end
        if one.elements then table.move(one.elements, 1, 99, #elements + 1, elements) end
      else
        for _, class in ipairs(self.notes:line_of(self.notes.classes[one.name])) do
          for name, type in pairs(class.fields) do
            known[#known + 1] = name
            types[name] = types[name] or type
          end
          if class.elements then table.move(class.elements, 1, 99, #elements + 1, elements) end
          is_open = is_open or class.has_any_name
        end
      end
    end
  end
  table.sort(known)
  for _, item in ipairs(node.items) do
    local key = item.key and item.key.tag == "string" and item.key.value
    if key and types[key] then
      self:check_value(item.value, types[key], ("field '%s' of %s"):format(key, what))
    elseif key and not is_open then
      local hint = self.host.hint(key, known)
      self:complain(item.token, ("%s has no field '%s'%s"):format(what, key, hint))
    elseif #elements > 0 then
      self:check_value(item.value, elements, "an element of " .. what)
    end
  end
end

function Checker:check_value(node, type, what)
  while node.tag == "parentheses" do node = node.inner end
  local alternatives = self.notes:resolve(type)
  local kind = KINDS[node.tag]
  if not kind then return end
  local fits = false
  for _, one in ipairs(alternatives) do
    local name = one.kind == "plain" and one.name
    if name == "any" or kind == "table" and self:accepts_table(one)
      or kind == "function" and (one.kind == "function" or name == "function")
      or name == kind or name == node.tag or kind == "number" and name == "integer"
      or one.kind == "literal" and kind == "string" and one.value == node.value then
      fits = true
      break
    end
  end
  if not fits then
    local words = {}
    for _, one in ipairs(alternatives) do
      if one.kind == "literal" then words[#words + 1] = one.value end
    end
    local hint = kind == "string" and #words > 0 and self.host.hint(node.value, words) or ""
    if hint:find "; known" then hint = "" end
    self:complain(node, ("%s wants %s, got %s%s"):format(
      what, shown_type(alternatives), shown_literal(node), hint))
  elseif kind == "table" then
    self:check_table(node, alternatives, what)
  end
end

--- "wait.any", "vm:sh".
local function name_of(node)
  if node.tag == "name" then return node.name end
  if node.tag == "index" and node.key.tag == "string" then
    local owner = name_of(node.subject)
    return owner and owner .. "." .. node.key.value
  elseif node.tag == "method" then
    local owner = name_of(node.subject)
    return owner and owner .. ":" .. node.name or node.name
  end
end

function Checker:check_arguments(node, call)
  local what = name_of(node.tag == "method" and node or node.subject) or "it"
  for position, parameter in ipairs(call.parameters) do
    local is_rest = parameter.name == "..."
    for index = position, is_rest and #node.arguments or math.min(position, #node.arguments) do
      if not call.generics[(parameter.type[1] or {}).name] then
        self:check_value(node.arguments[index], parameter.type, what)
      end
    end
  end
end

--- Of a function that can be called in several ways, one has to fit; the first tells what is wrong.
function Checker:check_call(node)
  local call = self:callee(node)
  if not call then return end
  local complain, first = self.complain, nil
  for _, way in ipairs { call, table.unpack(call.overloads or {}) } do
    local found = {}
    self.complain = function(_, ...) found[#found + 1] = table.pack(...) end
    self:check_arguments(node, way)
    self.complain = nil
    if #found == 0 then return end
    first = first or found
  end
  for _, each in ipairs(first) do complain(self, table.unpack(each, 1, each.n)) end
end

-- Members -----------------------------------------------------------------------------------------

local function shown_class(class)
  local name = class.shown or class.name
  return (name:find "^[A-Z]" and "a " or "") .. name
end

function Checker:check_member(node, subject, name, what)
  local value = self:type_of(subject)
  local class = value and value.class
  if not class or class.has_any_name or self.notes:member(class, name) then return end
  if class.added and class.added[name] then return end
  local known = self.notes:names(class, what == "method" and "methods" or nil)
  self:complain(node, ("%s has no %s '%s'%s"):format(
    shown_class(class), what, name, self.host.hint(name, known)))
end

-- The walk ----------------------------------------------------------------------------------------

local visits = {}

function Checker:visit(node)
  local visit = visits[node.tag]
  if visit then visit(self, node) end
end

function Checker:visit_all(list)
  for _, node in ipairs(list) do self:visit(node) end
end

function visits.block(self, node) self:visit_all(node) end

function visits.parts(self, node) self:visit_all(node.parts) end

function visits.name(self, node)
  if node.variable or self.environment or self.known[node.name] then return end
  if self.reported[node.name] then return end
  -- Once is enough.
  self.reported[node.name] = true
  local hint = self.host.hint(node.name, self.near)
  -- All that there is would be too long a list.
  if hint:find "^; known" then hint = "" end
  self:complain(node, ("unknown global '%s'%s"):format(node.name, hint))
end

function visits.index(self, node)
  self:visit(node.subject)
  self:visit(node.key)
  if node.key.tag ~= "string" then return end
  self:check_member(node, node.subject, node.key.value, "field")
end

function visits.call(self, node)
  self:visit(node.subject)
  self:visit_all(node.arguments)
  self:check_call(node)
end

function visits.method(self, node)
  self:visit(node.subject)
  self:visit_all(node.arguments)
  self:check_member(node, node.subject, node.name, "method")
  self:check_call(node)
end

function visits.table(self, node)
  for _, item in ipairs(node.items) do
    if item.key then self:visit(item.key) end
    self:visit(item.value)
  end
end

visits["function"] = function(self, node) self:visit(node.block) end

function visits.unary(self, node) self:visit(node.operand) end

function visits.binary(self, node)
  self:visit(node.left)
  self:visit(node.right)
end

function visits.parentheses(self, node) self:visit(node.inner) end

visits["for"] = function(self, node)
  self:visit_all(node.list)
  self:visit(node.block)
end

visits["local"] = function(self, node)
  self:visit_all(node.values)
  for index, variable in ipairs(node.variables) do
    local value = node.values[index]
    if value then
      variable.value = self:type_of(value)
    elseif #node.values > 0 then
      local last = node.values[#node.values]
      if last.tag == "call" or last.tag == "method" then
        variable.value = self:results(last)[index - #node.values + 1]
      end
    end
  end
end

function visits.assignment(self, node)
  for _, target in ipairs(node.targets) do
    if target.tag == "index" then
      self:visit(target.subject)
      self:visit(target.key)
    end
  end
  self:visit_all(node.values)
end

-- Files -------------------------------------------------------------------------------------------

--- What a file gives to all: globals that it assigns, and fields of the language's tables.
local function gather(self, node)
  if type(node) ~= "table" then return end
  if node.tag == "assignment" then
    for _, target in ipairs(node.targets) do
      if target.tag == "name" and not target.variable then
        self.known[target.name] = true
        self.globals[target.name] = nil
      elseif target.tag == "index" and target.key.tag == "string" then
        local owner = target.subject.tag == "name" and not target.subject.variable
          and target.subject.name
        local value = owner and self.globals[owner]
        if owner == "_G" then
          self.known[target.key.value] = true
        elseif value and value.class then
          value.class.added = value.class.added or {}
          value.class.added[target.key.value] = true
        end
      end
    end
  end
  for key, child in pairs(node) do
    local is_tree = key ~= "variable" and key ~= "variables" and key ~= "parameters"
    if is_tree then gather(self, child) end
  end
end

--- Lines that say that nothing is to be said of them, as editors know it; true for all.
local function silenced(comments)
  local lines = {}
  for _, comment in ipairs(comments) do
    local where = comment.text:match "^%-%-%-@diagnostic disable%-?([%a-]*)"
    if where == "" then return true end
    if where == "line" then lines[comment.line] = true end
    if where == "next-line" then lines[comment.line + 1] = true end
  end
  return lines
end

--- The standard library as Lua has it, as if a meta file had told of it.
local function standard(notes, names)
  for name, value in pairs(_G) do
    if names[name] then
      local class = { name = name, fields = {}, methods = {}, parents = {} }
      if type(value) == "table" and name ~= "_G" then
        for field in pairs(value) do class.fields[field] = { { kind = "plain", name = "any" } } end
        notes.globals[name] = { class = class }
      end
    end
  end
end

--- What the language gives, by name, for `require "vmscript"`.
local function root_of(notes, names)
  local root = { name = "vmscript", fields = {}, methods = {}, parents = {} }
  for name, value in pairs(notes.globals) do
    if not names[name] then
      root.methods[name] = value.call
      if value.class then root.fields[name] = { { kind = "class", name = name } } end
    end
  end
  return { class = root }
end

--- The names of Lua itself, in an interpreter to which nothing else was added.
local function names_of_lua()
  local names = {}
  for name in pairs(_G) do names[name] = name ~= "vmscript_host" or nil end
  return names
end

--- The files that can be read and that Lua compiles; of the others it is told why not.
local function readable(host)
  local files = {}
  for _, path in ipairs(host.paths()) do
    local text, message = host.read(path)
    local chunk
    if text then
      -- As luaL_loadfile does it.
      local source = text:gsub("^\239\187\191", ""):gsub("^#[^\n]*", "")
      chunk, message = load(source, "=file", "t")
    end
    if chunk then
      files[#files + 1] = { path = path, text = text }
    else
      local line, rest = message:match "^file:(%d+): (.*)"
      host.complain(path, tonumber(line) or 0, 0, rest or message, true)
    end
  end
  return files
end

--- Checks the files of host.paths, and tells host.complain what it finds.
return function(host)
  local notes = new_notes()
  for _, meta in ipairs(host.metas()) do notes:read(meta) end
  local names = names_of_lua()
  standard(notes, names)
  notes.modules.vmscript = root_of(notes, names)

  local known, near = { arg = true, _ENV = true }, {}
  for name in pairs(names) do known[name] = true end
  for name in pairs(notes.globals) do known[name] = true end
  for name in pairs(known) do near[#near + 1] = name end
  table.sort(near)

  local checkers = {}
  for _, file in ipairs(readable(host)) do
    local block, comments, environment = tree_of(file.text)
    local quiet = silenced(comments)
    local checker = setmetatable({
      path = file.path, block = block, environment = environment, notes = notes, near = near,
      known = known, reported = {}, globals = setmetatable({}, { __index = notes.globals }),
      host = {
        hint = host.hint,
        complain = function(path, line, ...)
          if not quiet[line] then host.complain(path, line, ...) end
        end,
      },
    }, Checker)
    gather(checker, block)
    if quiet ~= true then checkers[#checkers + 1] = checker end
  end
  for _, checker in ipairs(checkers) do checker:visit(checker.block) end
end
