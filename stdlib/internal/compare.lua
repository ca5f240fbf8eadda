-- Whether two values are the same, and where they differ.
local host = require "internal.host"
local show = require "internal.show"

local compare = {}

local MOST, DEEPEST = 10, 10000

--- Not tables, or tables that say themselves what is equal.
local function same(a, b)
  if rawequal(a, b) then return true end
  if type(a) == "number" and type(b) == "number" then return a == b or (a ~= a and b ~= b) end
  if type(a) ~= type(b) then return false end
  if type(a) == "table" then
    for _, each in ipairs { a, b } do
      local meta = debug.getmetatable(each)
      if type(meta) == "table" and rawget(meta, "__eq") then return a == b end
    end
    return nil
  end
  return a == b
end

--- Whether two values are equal. `known` has pairs of tables that were compared, or are just being:
--- those are taken as equal, so that cycles end.
local function equal(a, b, known, depth)
  local answer = same(a, b)
  if answer ~= nil then return answer end
  local others = known[a]
  if not others then
    others = {}
    known[a] = others
  end
  if others[b] ~= nil then return others[b] end
  if depth > DEEPEST then
    host.fail("usage", ("the tables nest deeper than %d levels"):format(DEEPEST))
  end
  others[b] = true
  local result = true
  for key, value in next, a do
    local other = rawget(b, key)
    if other == nil or not equal(value, other, known, depth + 1) then
      result = false
      break
    end
  end
  if result then
    for key in next, b do
      if rawget(a, key) == nil then
        result = false
        break
      end
    end
  end
  others[b] = result
  return result
end

---@param a any
---@param b any
---@return boolean
function compare.equal(a, b) return equal(a, b, {}, 0) end

--- Where two long texts part.
local function texts(got, expected)
  local low, high = 0, math.min(#got, #expected)
  while low < high do
    local middle = (low + high + 1) // 2
    if got:sub(1, middle) == expected:sub(1, middle) then low = middle else high = middle - 1 end
  end
  local line = select(2, got:sub(1, low):gsub("\n", "")) + 1
  local from = math.max(1, low - 15)
  return ("from byte %d (line %d) on got %s, expected %s"):format(low + 1, line,
    show.text(got:sub(from, from + 60)), show.text(expected:sub(from, from + 60)))
end

local function sentence(got, expected)
  if type(got) == "string" and type(expected) == "string" and math.max(#got, #expected) > 60 then
    return texts(got, expected)
  end
  local left, right = show.value(got), show.value(expected)
  if left == right then  -- as 1 and "1" are not; two objects may be called the same
    left, right = ("%s (%s)"):format(left, type(got)), ("%s (another %s)"):format(right,
      type(expected))
  end
  return ("got %s, expected %s"):format(left, right)
end

local function collect(got, expected, path, known, found, within)
  if within[got] then return end  -- what differs in it is told further out
  if type(got) ~= "table" or type(expected) ~= "table" or same(got, expected) ~= nil then
    found[#found + 1] = { path = path, text = sentence(got, expected) }
    return
  end
  within[got] = true
  local keys = {}
  for key, value in next, got do
    local other = rawget(expected, key)
    if other == nil or not equal(value, other, known, 0) then keys[#keys + 1] = key end
  end
  for key in next, expected do
    if rawget(got, key) == nil then keys[#keys + 1] = key end
  end
  table.sort(keys, show.before)
  for _, key in ipairs(keys) do
    if #found >= MOST then
      found.more = true
      break
    end
    collect(rawget(got, key), rawget(expected, key), path .. show.step(key), known, found, within)
  end
  within[got] = nil
end

--- Where two values differ: path and text of the first ten places, sorted, and `more` if there are
--- more. None if they are equal.
---@param got any
---@param expected any
---@return { path: string, text: string }[]
function compare.differences(got, expected)
  local known, found = {}, {}
  if equal(got, expected, known, 0) then return found end
  collect(got, expected, "", known, found, {})
  if #found == 0 then found[1] = { path = "", text = sentence(got, expected) } end
  return found
end

--- What to look for, as a message has it.
---@param wanted any
---@return string
function compare.shown(wanted)
  local text = host.pattern_text(wanted)
  return text and "the pattern " .. show.text(text) or show.value(wanted)
end

--- The match of a text, or of a `pattern`, and its captures; n is 0 if there is none.
---@param text any
---@param wanted string|Pattern
---@param what string the caller, for messages
---@return table
function compare.find(text, wanted, what)
  local lua = host.pattern_text(wanted)
  if type(text) ~= "string" or (type(wanted) ~= "string" and not lua) then
    local message = "%s wants a text, and the text or pattern to look for, got %s and %s"
    host.fail("usage", message:format(what, show.value(text), show.value(wanted)))
  end
  local found = table.pack(text:find(lua or wanted, 1, not lua))
  if not found[1] then return { n = 0 } end
  return table.pack(text:sub(found[1], found[2]), table.unpack(found, 3, found.n))
end

return compare
