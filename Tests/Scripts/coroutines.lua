-- Waits inside the script's own coroutines go outward; where they cannot, the error says why.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local log = {}
local function closing(name, seconds)
  return setmetatable({}, { __close = function(_, why)
    wait(seconds or 0.005)
    log[#log + 1] = name
  end })
end
local function logged() local text = table.concat(log, " ") log = {} return text end

-- Nested ones, iterators, and others that go on meanwhile.
local beside = spawn(function() for i = 1, 3 do wait(0.004) log[#log + 1] = i end end)
local function numbers(n)
  return coroutine.wrap(function()
    for i = 1, n do
      wait(0.005)
      for x in coroutine.wrap(function() wait(0.005) coroutine.yield(i) end) do coroutine.yield(x) end
    end
  end)
end
local sum = 0
for i in numbers(3) do sum = sum + i end
equal(sum, 6) equal(logged(), "1 2 3") wait(beside)
local co = coroutine.create(function(...)
  local x, y = coroutine.yield(select("#", ...))
  wait(0.001)
  return x, y, pcall(function() wait(0.001) error("inner", 0) end)
end)
local ok, count = coroutine.resume(co, nil, nil)
equal(count, 2)
local r = table.pack(coroutine.resume(co, 1, nil))
equal(r.n, 5) equal(r[2], 1) equal(r[4], false) equal(r[5], "inner") equal(coroutine.status(co), "dead")

-- Errors, and what becomes of handlers: as in plain Lua, and handlers may wait.
co = coroutine.create(function()
  local _ <close> = closing "failed"
  local t = nil
  return t.x
end)
local ok, err = coroutine.resume(co)
assert(not ok and err:find "coroutines.lua:41: attempt to index a nil value") equal(logged(), "failed")
assert(debug.traceback(co, "why"):find "^why\nstack traceback:\n\t.*coroutines.lua:41: in function")
local closed, again = coroutine.close(co)
assert(not closed and again == err)
raises("lua", "coroutines.lua:50: wrapped", coroutine.wrap(function()
  local _ <close> = closing "wrapped"
  error "wrapped"
end))
equal(logged(), "wrapped")

-- coroutine.close: handlers wait; what they raise comes out; other states are refused as ever.
local function suspended(...)
  local handlers = { ... }
  local co = coroutine.create(function()
    pcall(function()
      local _ <close> = handlers[1]
      local _ <close> = handlers[2]
      coroutine.yield(1)
    end)
    error "not reached"
  end)
  coroutine.resume(co)
  return co
end
co = suspended(closing("outer", 0.02), closing("inner", 0.02))
equal(coroutine.close(co), true) equal(logged(), "inner outer") equal(coroutine.status(co), "dead")
equal(coroutine.close(co), true)
co = coroutine.create(function()
  local _ <close> = setmetatable({}, { __close = function() wait(0.001) error("in it", 0) end })
  coroutine.yield()
end)
coroutine.resume(co)
ok, err = coroutine.close(co)
equal(ok, false) equal(err, "in it")
equal(coroutine.close(coroutine.create(print)), true)
raises("lua", "cannot close a running coroutine", coroutine.close, coroutine.running())

-- Cancelled, and out of time, in the midst of coroutines: all handlers run, inside out.
local function nested()
  local _ <close> = closing "task"
  local outer = coroutine.create(function()
    local _ <close> = closing "outer"
    coroutine.wrap(function()
      local _ <close> = closing "inner"
      pcall(wait, 60)
    end)()
  end)
  coroutine.resume(outer)
  log[#log + 1] = "not reached"
end
local task = spawn(nested)
wait(0.01) task:cancel() raises("assertion", "was cancelled", wait, task)
equal(logged(), "inner outer task")
raises("timeout", "0.01 s of within", within, 0.01, nested) equal(logged(), "inner outer task")
-- A handler that fails in one does not make coroutine.resume swallow a cancellation.
task = spawn(function()
  local co = coroutine.create(function()
    local _ <close> = setmetatable({}, { __close = function() error "cannot clean up" end })
    wait(60)
  end)
  coroutine.resume(co)
  log[#log + 1] = "not reached"
end)
wait(0.01) task:cancel() raises("assertion", "cannot clean up", wait, task) equal(logged(), "")

-- One that waits belongs to the task that runs it.
co = coroutine.create(function() wait(0.05) return "its own" end)
task = spawn(function() return select(2, coroutine.resume(co)) end)
wait(0.01)
ok, err = coroutine.resume(co)
equal(ok, false) equal(err, "cannot resume a coroutine that waits in another task")
raises("lua", "cannot close a coroutine that waits in another task", coroutine.close, co)
equal(wait(task), "its own")

-- Where C is in the way.
local function refused(texts, f, ...) return raises("usage", texts, f, ...) end
local later = function() wait(0.01) return true end
refused({ "cannot wait here", "C function 'sort', which calls back,", "wait before it" },
  function() table.sort({ 2, 1 }, later) end)
refused("C function 'gsub'", function() string.gsub("a", "a", later) end)
refused("C function 'load'", function() assert(load(later)) end)
refused("C function 'tostring'", function() tostring(setmetatable({}, { __tostring = later })) end)
refused("C function 'concat'", function()
  table.concat(setmetatable({}, { __len = function() return 1 end, __index = later }))
end)
refused("resumed inside a C function", function()
  table.sort({ 2, 1 }, coroutine.wrap(function() later() end))
end)
-- Metamethods that Lua itself calls, and the rest of what C there is on the way.
local meta = setmetatable({}, { __index = later, __add = later, __call = later, __eq = later,
  __lt = later, __le = later, __concat = later, __len = later, __unm = later, __newindex = later })
assert(meta.x and meta + 1 and meta() and meta .. "x" and #meta and -meta and meta < meta)
meta.y = 1
for _ in setmetatable({}, { __call = function() wait(0.01) end }) do end
for _ in pairs(setmetatable({}, { __pairs = function() wait(0.01) return next, {} end })) do end
local name = os.tmpname()
local file = assert(io.open(name, "w"))
file:write "wait(0.01) return 'done'" file:close()
equal(dofile(name), "done") os.remove(name)
equal(select(2, xpcall(function() wait(0.01) error("x", 0) end, function(m) return m .. "!" end)), "x!")
print "done"
