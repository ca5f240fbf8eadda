-- What a prompt does with a line: evaluates it, shows values, completes names; and the frames of a
-- script that has failed, whose variables its lines can read and set.
local host = require "internal.host"
local show = require "internal.show"

local repl = {}

-- Values ------------------------------------------------------------------------------------------

local LONGEST, WIDTH, ENTRIES, DEPTH, LINES = 16384, 76, 50, 4, 200

--- Text of several lines as it is, made harmless.
local function lines_of(text)
  local short = text:sub(1, LONGEST)
  local shown = {}
  for line in (short:gsub("\n$", "") .. "\n"):gmatch "(.-)\n" do
    shown[#shown + 1] = show.harmless(line)
  end
  if #text > LONGEST then shown[#shown + 1] = ("… (%d bytes)"):format(#text) end
  return table.concat(shown, "\n")
end

local function is_plain_table(value)
  if type(value) ~= "table" then return false end
  local meta = debug.getmetatable(value)
  return not (type(meta) == "table" and rawget(meta, "__tostring"))
end

local function key_of(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key .. " = " end
  return "[" .. show.value(key, DEPTH) .. "] = "
end

--- A value on one line; nil if it is a table that has no room there.
local function compact(value, room, seen)
  if not is_plain_table(value) then return show.value(value) end
  if next(value) == nil then return "{}" end
  if seen[value] then return "<cycle>" end
  seen[value] = true
  local keys, parts, length = {}, {}, 4
  for key in next, value do
    keys[#keys + 1] = key
    if 3 * #keys > room then break end
  end
  table.sort(keys, show.before)
  for i, key in ipairs(keys) do
    local text = length < room and compact(rawget(value, key), room - length, seen)
    if not text then break end
    parts[i] = (key == i and "" or key_of(key)) .. text
    length = length + #parts[i] + 2
  end
  seen[value] = nil
  if #parts < #keys or length > room + 2 then return nil end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

--- Adds lines to `out`: `lead` before the value, `tail` behind it.
local function add(value, lead, tail, indent, out, seen)
  local line = indent .. lead
  if not is_plain_table(value) then
    out[#out + 1] = line .. show.value(value) .. tail
    return
  end
  local text = compact(value, WIDTH - #line, seen) or #indent >= 2 * DEPTH and "{…}"
  if text then
    out[#out + 1] = line .. text .. tail
    return
  end
  seen[value] = true
  out[#out + 1] = line .. "{"
  local keys, count = {}, 0
  for key in next, value do
    count = count + 1
    -- To sort the keys of a huge table for the sake of fifty would take long.
    if count <= 20 * ENTRIES then keys[count] = key end
  end
  table.sort(keys, show.before)
  for i = 1, math.min(#keys, ENTRIES) do
    if #out > LINES then break end
    local name = keys[i] == i and "" or key_of(keys[i])
    add(rawget(value, keys[i]), name, ",", indent .. "  ", out, seen)
  end
  if count > ENTRIES then out[#out + 1] = ("%s  … %d more"):format(indent, count - ENTRIES) end
  out[#out + 1] = indent .. "}" .. tail
  seen[value] = nil
end

--- What a prompt's own functions return: shown as it is.
local Text = { __tostring = function(text) return text[1] end }
local function text_of(...) return setmetatable({ table.concat({ ... }, "\n") }, Text) end

local function shown(value)
  if getmetatable(value) == Text then return value[1] end
  if type(value) == "string" and value:find("\n", 1, true) then return lines_of(value) end
  if type(value) == "string" and #value > WIDTH then return show.harmless(value:sub(1, LONGEST)) end
  if type(value) == "userdata" then return lines_of(tostring(value)) end
  local out = {}
  add(value, "", "", "", out, {})
  if #out > LINES then out[LINES + 1] = "…" end
  return table.concat(out, "\n", 1, math.min(#out, LINES + 1))
end

local function all_shown(count, ...)
  if count == 0 then return nil end
  local texts, are_short = {}, true
  for i = 1, count do
    texts[i] = shown((select(i, ...)))
    are_short = are_short and not texts[i]:find("\n", 1, true)
  end
  return table.concat(texts, are_short and "\t" or "\n")
end

-- Frames of a script that failed ------------------------------------------------------------------

local FRAMES = 200
local thread, frames, present
local commands = {}

--- Where a variable of the present frame is: a setter and its value; nil if there is none.
local function find(name)
  if not present then return nil end
  local frame = frames[present]
  local found
  for i = 1, math.huge do
    local local_name = debug.getlocal(thread, frame.level, i)
    if not local_name then break end
    if local_name == name then found = i end
  end
  if found then
    local _, value = debug.getlocal(thread, frame.level, found)
    return function(new) debug.setlocal(thread, frame.level, found, new) end, value
  end
  for i = 1, math.huge do
    local upvalue, value = debug.getupvalue(frame.func, i)
    if not upvalue then break end
    if upvalue == name then
      return function(new) debug.setupvalue(frame.func, i, new) end, value
    end
  end
end

--- What stands behind the present frame's variables.
local function globals()
  local _, given = find "_ENV"
  return type(given) == "table" and given or _G
end

local scope = setmetatable({}, {
  __index = function(_, name)
    local set, value = find(name)
    if set then return value end
    if commands[name] ~= nil then return commands[name] end
    return globals()[name]
  end,
  __newindex = function(_, name, value)
    local set = find(name)
    if set then set(value) else globals()[name] = value end
  end,
})

--- Variables of a frame by name, and the names in their order, the innermost of one name alone.
local function variables(frame)
  local values, names = {}, {}
  local function note(name, value)
    if name:find "^[%a_]" and name ~= "_ENV" then
      if not values[name] then names[#names + 1] = name end
      values[name] = { value }
    end
  end
  for i = 1, math.huge do
    local name, value = debug.getlocal(thread, frame.level, i)
    if not name then break end
    note(name, value)
  end
  local inner = #names
  for i = 1, math.huge do
    local name, value = debug.getupvalue(frame.func, i)
    if not name then break end
    if not values[name] then note(name, value) end
  end
  return values, names, inner
end

local function frame_shown(number)
  local frame = frames[number]
  local text = ("%s %d  %s:%d in %s"):format(number == present and "→" or " ", number, frame.source,
    frame.line, frame.what)
  return show.harmless(text)
end

--- The source line of a frame, if it can still be read.
local function source_line(frame)
  local file = frame.file and io.open(frame.file)
  if not file then return nil end
  local number, text = 0, nil
  for line in file:lines() do
    number = number + 1
    if number == frame.line then
      text = line
      break
    end
  end
  file:close()
  return text and ("%5d │ %s"):format(frame.line, show.harmless(text:sub(1, 200)):gsub("\\t", " "))
end

local function locals_shown()
  local values, names, inner = variables(frames[present])
  local out = {}
  for i, name in ipairs(names) do
    if i == inner + 1 then out[#out + 1] = "from outside of the function:" end
    out[#out + 1] = ("  %s = %s"):format(name, show.value(values[name][1]))
  end
  if #out == 0 then return "no variables here" end
  return table.concat(out, "\n")
end

local function go(number)
  if not frames[number] then
    local edge = number < 1 and "innermost" or "outermost"
    host.fail("usage", "this is the " .. edge .. " frame")
  end
  present = number
  return text_of(frame_shown(number), source_line(frames[number]))
end

local function describe()
  commands.locals = function() return text_of(locals_shown()) end
  commands.up = function(count) return go(present + (count or 1)) end
  commands.down = function(count) return go(present - (count or 1)) end
  commands.frames = function()
    local out = {}
    for number in ipairs(frames) do out[number] = frame_shown(number) end
    return text_of(table.unpack(out))
  end
end

--- The lines that follow are in the frames of this Lua thread, which stands in its message handler.
function repl.open(failing, failure)
  thread, frames = failing, {}
  -- To find a frame takes as long as it is far: of an endless recursion only the innermost.
  for level = 0, FRAMES do
    local info = debug.getinfo(thread, level, "Slnf")
    if not info then break end
    if info.currentline > 0 and not info.source:find "^=vmscript" then
      frames[#frames + 1] = {
        level = level, func = info.func, line = info.currentline,
        source = info.source:find "^[@=]" and info.source:sub(2) or "[string]",
        file = info.source:match "^@(.*)",
        what = info.what == "main" and "main chunk"
          or info.name and "function '" .. info.name .. "'"
          or "function at line " .. info.linedefined,
      }
    end
  end
  commands.failure = failure
  if #frames == 0 then return end
  present = 1
  describe()
end

-- Evaluation --------------------------------------------------------------------------------------

--- A chunk; or nil, what is wrong, and whether more lines may mend it.
local function compile(text, name, line)
  local lead, env = ("\n"):rep(line - 1), thread and scope or _G
  -- With a variable to be closed it is no tail call: an error has this line.
  local expression = lead .. "local this_line <close> = nil return " .. text
  local chunk, message = load(expression, name, "t", env)
  if chunk then return chunk end
  local is_begun = message:find "<eof>$"
  chunk, message = load(lead .. text, name, "t", env)
  if chunk then return chunk end
  return nil, message, is_begun or message:find "<eof>$"
end

local function answer(...)
  return false, all_shown(select("#", ...), ...)
end

--- True if the text is not whole; else false, and what its values look like if there are any.
function repl.evaluate(text, name, line, is_whole)
  local chunk, message, is_begun = compile(text, name, line)
  if not chunk then
    if is_begun and not is_whole then return true end
    error(message, 0)
  end
  return answer(chunk())
end

-- Completion --------------------------------------------------------------------------------------

local KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

--- A field as it is: nothing of the script's is called.
local function step(value, key)
  for _ = 1, 10 do
    if type(value) == "userdata" and host.members(value) then
      local ok, field = pcall(function() return value[key] end)
      return ok and field or nil
    end
    if type(value) == "string" then return string[key] end
    if type(value) ~= "table" then return nil end
    local field = rawget(value, key)
    if field ~= nil then return field end
    local meta = debug.getmetatable(value)
    value = type(meta) == "table" and rawget(meta, "__index") or nil
  end
end

--- The value of "a.b[1].c", which ends a line; nil if it ends otherwise, or is nil.
local function value_of(path)
  local first, rest = path:match "^([%a_][%w_]*)(.*)$"
  if not first then return nil end
  local set, value = find(first)
  if not set then value = step(thread and globals() or _G, first) end
  while rest ~= "" do
    local name, after = rest:match "^[.:]([%a_][%w_]*)(.*)$"
    if not name then
      name, after = rest:match "^%[(%d+)%](.*)$"
      name = math.tointeger(name)
    end
    if not name then return nil end
    value, rest = step(value, name), after
  end
  return value
end

local function members_of(value, is_call, into)
  local methods, fields = nil, nil
  if type(value) == "userdata" then methods, fields = host.members(value) end
  if methods then
    for _, name in ipairs(is_call and methods or fields) do into[name] = true end
    return
  end
  if type(value) == "string" then value = string end
  for _ = 1, 10 do
    if type(value) ~= "table" then return end
    for key, each in next, value do
      if type(key) == "string" and key:find "^[%a_][%w_]*$"
        and (not is_call or type(each) == "function") then
        into[key] = true
      end
    end
    local meta = debug.getmetatable(value)
    value = type(meta) == "table" and rawget(meta, "__index") or nil
  end
end

--- The constructor in whose table the end of the text is, outside of inner brackets and strings.
local function constructor_at_end(text)
  text = text:gsub('"[^"\n]*"', ""):gsub("'[^'\n]*'", "")
  local depth = 0
  for i = #text, 1, -1 do
    local c = text:sub(i, i)
    if c == "}" then depth = depth + 1 end
    if c == "{" then
      if depth == 0 then
        -- Behind a comma or the brace stands a name, behind "=" a value.
        if text:sub(i + 1):match "=%s*[%w_]*$" then return nil end
        return text:sub(1, i - 1):match "([%a_][%w_]*)%s*%(?%s*$"
      end
      depth = depth - 1
    end
  end
end

local function names_at_end(text)
  local names = {}
  local before, path, separator, word = text:match "^(.-)([%a_][%w_.:%[%]]*)([.:])([%w_]*)$"
  if path and not before:find "[%w_.:%])\"']$" then
    members_of(value_of(path), separator == ":", names)
    return word, names
  end
  word = text:match "[%a_]?[%w_]*$"
  local constructor = constructor_at_end(text:sub(1, #text - #word))
  if constructor == "microvm" or constructor == "qemu" then
    for _, name in ipairs(host.machine_fields()) do names[name] = true end
    return word, names
  end
  if word == "" then return word, names end
  for _, name in ipairs(KEYWORDS) do names[name] = true end
  members_of(_G, false, names)
  if present then
    for _, name in ipairs(select(2, variables(frames[present]))) do names[name] = true end
  end
  for name in pairs(commands) do names[name] = true end
  return word, names
end

--- What Tab is to insert, and between what there is to choose.
function repl.complete(text)
  if not text:find "%S" then return "  ", {} end
  local word, names = names_at_end(text)
  local found = {}
  for name in pairs(names) do
    if name:sub(1, #word) == word then found[#found + 1] = name end
  end
  table.sort(found)
  local common = found[1]
  if not common then return "", {} end
  for _, name in ipairs(found) do
    while name:sub(1, #common) ~= common do common = common:sub(1, -2) end
  end
  local insertion = common:sub(#word + 1)
  if #found == 1 or insertion ~= "" then return insertion, {} end
  return "", found
end

return repl
