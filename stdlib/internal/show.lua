-- Values as messages show them: on one line, bounded, harmless on a terminal.
local show = {}

local LONGEST, WIDEST, DEEPEST = 100, 8, 3

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\0"] = "\\0" }

local function escaped(byte)
  return ESCAPES[byte] or ("\\x%02x"):format(byte:byte())
end

--- Text in which every byte that is no printable UTF-8 is an escape.
---@param text string
---@return string
function show.harmless(text)
  if not utf8.len(text) then return (text:gsub("[%c\127-\255]", escaped)) end
  -- Terminals obey U+0080 to U+009F too.
  return (text:gsub("%c", escaped):gsub("\xc2[\x80-\x9f]", function(pair)
    return pair:gsub(".", escaped)
  end))
end

--- A string in quotes, its middle left out if it is long.
---@param text string
---@return string
function show.text(text)
  local length = #text
  if length <= LONGEST then return '"' .. show.harmless(text) .. '"' end
  local half = LONGEST // 2
  local head, tail = text:sub(1, half), text:sub(-half)
  -- No character is cut, if they are characters.
  local cut = utf8.len(text) and utf8.offset(text, 0, half + 1)
  if cut then head = text:sub(1, cut - 1) end
  cut = utf8.len(text) and utf8.offset(text, 0, length - half + 1)
  if cut then tail = text:sub(cut) end
  return ('"%s…%s" (%d bytes)'):format(show.harmless(head), show.harmless(tail), length)
end

---@param value number
---@return string
local function number(value)
  if value ~= value then return "nan" end
  if math.type(value) == "integer" then return tostring(value) end
  if value == math.huge then return "inf" elseif value == -math.huge then return "-inf" end
  local short = ("%.14g"):format(value)
  local text = tonumber(short) == value and short or ("%.17g"):format(value)
  return text:find "[.e]" and text or text .. ".0"
end

--- Numbers in their order, then strings, then the rest by how it is shown.
---@param a any
---@param b any
---@return boolean
function show.before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    local rank = { number = 1, string = 2 }
    local rank_a, rank_b = rank[kind_a] or 3, rank[kind_b] or 3
    if rank_a ~= rank_b then return rank_a < rank_b end
    return kind_a < kind_b
  end
  if kind_a == "number" or kind_a == "string" then return a < b end
  return tostring(a) < tostring(b)
end

--- Keys of a table as it is, whatever its metatable says.
---@param map table
---@return any[]
function show.keys(map)
  local keys = {}
  for key in next, map do keys[#keys + 1] = key end
  table.sort(keys, show.before)
  return keys
end

--- What follows a table's name to name a field: ".a", "[1]", '["a b"]'.
---@param key any
---@return string
function show.step(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return "." .. key end
  return "[" .. show.value(key) .. "]"
end

--- What an object calls itself; nil if its metatable has nothing to say or fails.
local function own_words(value)
  local meta = debug.getmetatable(value)
  if type(meta) ~= "table" or not rawget(meta, "__tostring") then return nil end
  local ok, words = pcall(tostring, value)
  return ok and show.harmless(words:sub(1, LONGEST)) or nil
end

local function entries(value, depth, seen)
  local parts, length, count = {}, rawlen(value), 0
  for key in next, value do
    count = count + 1
    if math.type(key) ~= "integer" or key < 1 or key > length then parts.named = true end
  end
  for i = 1, math.min(length, WIDEST) do
    parts[#parts + 1] = show.value(rawget(value, i), depth, seen)
  end
  -- To sort the keys of a huge table for the sake of eight would take long.
  local keys = {}
  if parts.named and #parts < WIDEST then
    for key in next, value do
      if math.type(key) ~= "integer" or key < 1 or key > length then keys[#keys + 1] = key end
      if #keys == 1000 then break end
    end
    table.sort(keys, show.before)
  end
  for _, key in ipairs(keys) do
    if #parts == WIDEST then break end
    local name = type(key) == "string" and key:find "^[%a_][%w_]*$" and key
      or "[" .. show.value(key, DEEPEST, seen) .. "]"
    parts[#parts + 1] = name .. " = " .. show.value(rawget(value, key), depth, seen)
  end
  if count > #parts then parts[#parts + 1] = ("… %d more"):format(count - #parts) end
  return parts
end

--- Any value. Tables are shown to a depth and width, cycles as such.
---@param value any
---@param depth? integer levels that are shown already
---@param seen? table<table, boolean> the tables around it
---@return string
function show.value(value, depth, seen)
  local kind = type(value)
  if kind == "string" then return show.text(value) end
  if kind == "number" then return number(value) end
  if kind ~= "table" then return own_words(value) or show.harmless(tostring(value)) end
  local words = own_words(value)
  if words then return words end
  depth, seen = depth or 0, seen or {}
  if seen[value] then return "<cycle>" end
  if next(value) == nil then return "{}" end
  if depth >= DEEPEST then return "{…}" end
  seen[value] = true
  local parts = entries(value, depth + 1, seen)
  seen[value] = nil
  return "{ " .. table.concat(parts, ", ") .. " }"
end

return show
