-- Splits Lua 5.4 into tokens. What is given has been compiled by Lua before: only what is right
-- need be understood.

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
return then true until while]]):gmatch "%a+" do KEYWORDS[word] = true end

local OPERATORS = {
  "...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", "..",
}

local ESCAPES = {
  a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\n"] = "\n",
}

--- What a quoted string means.
local function unquote(body)
  return (body:gsub("\\(z%s*)", ""):gsub("\\(.[%x{}]*)", function(escape)
    local first = escape:sub(1, 1)
    if ESCAPES[first] then return ESCAPES[first] .. escape:sub(2) end
    local code, rest = escape:match "^u{(%x+)}(.*)$"
    if code then return utf8.char(tonumber(code, 16)) .. rest end
    code, rest = escape:match "^x(%x%x)(.*)$"
    if code then return string.char(tonumber(code, 16)) .. rest end
    code, rest = escape:match "^(%d%d?%d?)(.*)$"
    if code then return string.char(tonumber(code)) .. rest end
    return escape
  end))
end

--- A list of { kind, value, line, column }: kind is "name", "string", "number", "eof", or the
--- keyword or operator itself. With it come the comments, as { line, text }.
return function(text)
  local tokens, comments = {}, {}
  local position, line, line_start = 1, 1, 1
  local function skip_to(new)
    for found in text:sub(position, new - 1):gmatch "()\n" do
      line = line + 1
      line_start = position + found
    end
    position = new
  end
  local function add(kind, value, new)
    tokens[#tokens + 1] = {
      kind = kind, value = value, line = line, column = position - line_start + 1,
    }
    skip_to(new)
  end
  --- The end of a long bracket that begins at `from`, and what is in it.
  local function long(from)
    local level, start = text:match("^%[(=*)%[()", from)
    if not level then return end
    local close, stop = text:find("]" .. level .. "]", start, true)
    return stop + 1, (text:sub(start, close - 1):gsub("^\r?\n", ""))
  end

  skip_to(text:match "^\239\187\191()" or 1)
  if text:sub(position, position) == "#" then
    skip_to(text:find("\n", position, true) or #text + 1)
  end
  while true do
    skip_to(text:match("^%s*()", position))
    if position > #text then break end
    local rest = text:sub(position, position + 2)
    local first = rest:sub(1, 1)
    if rest:sub(1, 2) == "--" then
      local stop = long(position + 2)
      local new = stop or text:match("^[^\n]*()", position)
      comments[#comments + 1] = { line = line, text = text:sub(position, new - 1) }
      skip_to(new)
    elseif first:find "[%a_]" then
      local word = text:match("^[%w_]+", position)
      add(KEYWORDS[word] and word or "name", word, position + #word)
    elseif rest:find "^%.?%d" then
      local number = text:match("^0[xX][%x.]*[pP]?[+-]?%x*", position)
      if not (number and tonumber(number)) then
        number = text:match("^0[xX][%x.]*", position) or text:match("^[%d.]+[eE][+-]?%d+", position)
          or text:match("^[%d.]+", position)
      end
      add("number", tonumber(number), position + #number)
    elseif first == '"' or first == "'" then
      local stop = position + 1
      while text:sub(stop, stop) ~= first do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      add("string", unquote(text:sub(position + 1, stop - 1)), stop + 1)
    elseif rest:find "^%[=*%[" or rest:find "^%[==" and long(position) then
      local stop, body = long(position)
      add("string", body, stop)
    else
      local operator = first
      for _, candidate in ipairs(OPERATORS) do
        if text:sub(position, position + #candidate - 1) == candidate then
          operator = candidate
          break
        end
      end
      add(operator, operator, position + #operator)
    end
  end
  add("eof", "the end", position)
  return tokens, comments
end
