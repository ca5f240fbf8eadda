-- Reads Lua 5.4 into a tree in which each name is a variable: those of one scope are one table.
-- Only what Lua has compiled need be understood.

local tokens_of = require "internal.lua_tokens"

local BINARY = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 },
  ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 }, ["~="] = { 3, 3 },
  ["=="] = { 3, 3 }, ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 }, ["<<"] = { 7, 7 },
  [">>"] = { 7, 7 }, [".."] = { 9, 8 }, ["+"] = { 10, 10 }, ["-"] = { 10, 10 }, ["*"] = { 11, 11 },
  ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 }, ["^"] = { 14, 13 },
}
local UNARY = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }
local UNARY_PRIORITY = 12
local ENDS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true, eof = true }

local Parser = {}
Parser.__index = Parser

function Parser:peek(kind) return self.tokens[self.place].kind == kind end

function Parser:take()
  local token = self.tokens[self.place]
  self.place = self.place + 1
  return token
end

--- Takes a token if it is of that kind.
function Parser:accept(kind)
  if self:peek(kind) then return self:take() end
end

function Parser:expect(kind)
  local token = self:take()
  if token.kind ~= kind then
    error(("line %d: %s where %s was expected"):format(token.line, token.value, kind))
  end
  return token
end

function Parser.node(_, tag, token, fields)
  fields = fields or {}
  fields.tag, fields.line, fields.column = tag, token.line, token.column
  return fields
end

-- Scopes ------------------------------------------------------------------------------------------

function Parser:open() self.scope = setmetatable({}, { __index = self.scope }) end

function Parser:close() self.scope = getmetatable(self.scope).__index end

function Parser:declare(token)
  local variable = { name = token.value, line = token.line }
  self.scope[token.value] = variable
  if token.value == "_ENV" then self.has_environment = true end
  return variable
end

function Parser:name(token)
  local variable = self.scope[token.value]
  return self:node("name", token, { name = token.value, variable = variable })
end

-- Expressions -------------------------------------------------------------------------------------

function Parser:list()
  local list = { self:expression() }
  while self:accept "," do list[#list + 1] = self:expression() end
  return list
end

function Parser:constructor()
  local brace = self:expect "{"
  local items = {}
  while not self:peek "}" do
    local token = self.tokens[self.place]
    local item
    if self:accept "[" then
      item = { token = token, key = self:expression() }
      self:expect "]"
      self:expect "="
      item.value = self:expression()
    elseif token.kind == "name" and self.tokens[self.place + 1].kind == "=" then
      self:take()
      self:take()
      item = { token = token, key = self:node("string", token, { value = token.value }) }
      item.value = self:expression()
    else
      item = { token = token, value = self:expression() }
    end
    items[#items + 1] = item
    if not (self:accept "," or self:accept ";") then break end
  end
  self:expect "}"
  return self:node("table", brace, { items = items })
end

function Parser:body(token, is_method)
  self:open()
  local parameters = {}
  if is_method then self:declare { value = "self", line = token.line } end
  self:expect "("
  while not self:peek ")" do
    if self:accept "..." then break end
    parameters[#parameters + 1] = self:declare(self:expect "name")
    if not self:accept "," then break end
  end
  self:expect ")"
  local block = self:block()
  self:expect "end"
  self:close()
  return self:node("function", token, { parameters = parameters, block = block })
end

function Parser:primary()
  local token = self:take()
  if token.kind == "name" then return self:name(token) end
  local inner = self:expression()
  self:expect ")"
  return self:node("parentheses", token, { inner = inner })
end

function Parser:arguments()
  local token = self.tokens[self.place]
  if token.kind == "string" then
    self:take()
    return { self:node("string", token, { value = token.value }) }
  elseif token.kind == "{" then
    return { self:constructor() }
  end
  self:expect "("
  local list = self:peek ")" and {} or self:list()
  self:expect ")"
  return list
end

--- Something with what follows it: fields, methods, calls.
function Parser:suffixed()
  local subject = self:primary()
  while true do
    local token = self.tokens[self.place]
    if self:accept "." then
      local name = self:expect "name"
      local key = self:node("string", name, { value = name.value })
      subject = self:node("index", name, { subject = subject, key = key })
    elseif self:accept "[" then
      subject = self:node("index", token, { subject = subject, key = self:expression() })
      self:expect "]"
    elseif self:accept ":" then
      local name = self:expect "name"
      subject = self:node("method", name, {
        subject = subject, name = name.value, arguments = self:arguments(),
      })
    elseif token.kind == "(" or token.kind == "{" or token.kind == "string" then
      subject = self:node("call", token, { subject = subject, arguments = self:arguments() })
    else
      return subject
    end
  end
end

function Parser:simple()
  local token = self.tokens[self.place]
  local kind = token.kind
  if kind == "string" or kind == "number" then
    self:take()
    return self:node(kind, token, { value = token.value })
  elseif kind == "true" or kind == "false" or kind == "nil" or kind == "..." then
    self:take()
    return self:node(kind, token)
  elseif kind == "{" then
    return self:constructor()
  elseif kind == "function" then
    self:take()
    return self:body(token)
  end
  return self:suffixed()
end

function Parser:expression(limit)
  limit = limit or 0
  local token = self.tokens[self.place]
  local left
  if UNARY[token.kind] then
    self:take()
    left = self:node("unary", token, {
      operator = token.kind, operand = self:expression(UNARY_PRIORITY),
    })
  else
    left = self:simple()
  end
  while true do
    local operator = self.tokens[self.place]
    local priority = BINARY[operator.kind]
    if not priority or priority[1] <= limit then return left end
    self:take()
    left = self:node("binary", operator, {
      operator = operator.kind, left = left, right = self:expression(priority[2]),
    })
  end
end

-- Statements --------------------------------------------------------------------------------------

function Parser:scoped()
  self:open()
  local block = self:block()
  self:close()
  return block
end

local statements = {}

statements["if"] = function(self, token)
  local parts = {}
  repeat
    parts[#parts + 1] = self:expression()
    self:expect "then"
    parts[#parts + 1] = self:scoped()
  until not self:accept "elseif"
  if self:accept "else" then parts[#parts + 1] = self:scoped() end
  self:expect "end"
  return self:node("parts", token, { parts = parts })
end

statements["while"] = function(self, token)
  local condition = self:expression()
  self:expect "do"
  local block = self:scoped()
  self:expect "end"
  return self:node("parts", token, { parts = { condition, block } })
end

statements["do"] = function(self, token)
  local block = self:scoped()
  self:expect "end"
  return self:node("parts", token, { parts = { block } })
end

statements["for"] = function(self, token)
  local names = { self:expect "name" }
  while self:accept "," do names[#names + 1] = self:expect "name" end
  local is_numeric = self:accept "="
  if not is_numeric then self:expect "in" end
  local list = self:list()
  self:expect "do"
  self:open()
  local variables = {}
  for index, name in ipairs(names) do variables[index] = self:declare(name) end
  local block = self:block()
  self:close()
  self:expect "end"
  return self:node("for", token, { variables = variables, list = list, block = block })
end

statements["repeat"] = function(self, token)
  self:open()
  local block = self:block()
  self:expect "until"
  local condition = self:expression()
  self:close()
  return self:node("parts", token, { parts = { block, condition } })
end

statements["function"] = function(self, token)
  local target = self:name(self:expect "name")
  local is_method = false
  while self:peek "." or self:peek ":" do
    is_method = self:take().kind == ":"
    local name = self:expect "name"
    local key = self:node("string", name, { value = name.value })
    target = self:node("index", name, { subject = target, key = key })
  end
  return self:assignment(token, { target }, { self:body(token, is_method) })
end

statements["local"] = function(self, token)
  if self:accept "function" then
    local variable = self:declare(self:expect "name")
    return self:node("local", token, { variables = { variable }, values = { self:body(token) } })
  end
  local names = {}
  repeat
    names[#names + 1] = self:expect "name"
    if self:accept "<" then
      self:expect "name"
      self:expect ">"
    end
  until not self:accept ","
  local values = self:accept "=" and self:list() or {}
  local variables = {}
  for index, name in ipairs(names) do variables[index] = self:declare(name) end
  return self:node("local", token, { variables = variables, values = values })
end

statements["return"] = function(self, token)
  local list = (ENDS[self.tokens[self.place].kind] or self:peek ";") and {} or self:list()
  self:accept ";"
  return self:node("parts", token, { parts = list })
end

statements["goto"] = function(self, token)
  self:expect "name"
  return self:node("parts", token, { parts = {} })
end

statements["::"] = function(self, token)
  self:expect "name"
  self:expect "::"
  return self:node("parts", token, { parts = {} })
end

statements["break"] = function(self, token) return self:node("parts", token, { parts = {} }) end
statements[";"] = statements["break"]

function Parser:assignment(token, targets, values)
  for _, target in ipairs(targets) do
    if target.variable then target.variable.is_assigned = true end
  end
  return self:node("assignment", token, { targets = targets, values = values })
end

function Parser:statement()
  local token = self.tokens[self.place]
  local known = statements[token.kind]
  if known then
    self:take()
    return known(self, token)
  end
  local first = self:suffixed()
  if not (self:peek "=" or self:peek ",") then
    return self:node("parts", token, { parts = { first } })
  end
  local targets = { first }
  while self:accept "," do targets[#targets + 1] = self:suffixed() end
  self:expect "="
  return self:assignment(token, targets, self:list())
end

function Parser:block()
  local block = self:node("block", self.tokens[self.place])
  while not ENDS[self.tokens[self.place].kind] do block[#block + 1] = self:statement() end
  return block
end

--- The tree of a text, its comments, and whether it has an _ENV of its own.
return function(text)
  local tokens, comments = tokens_of(text)
  local parser = setmetatable({ tokens = tokens, place = 1, scope = {} }, Parser)
  local block = parser:block()
  parser:expect "eof"
  return block, comments, parser.has_environment
end
