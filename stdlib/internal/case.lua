-- test("name", { tags = …, timeout = … }, f): a test of a file, and what it made ends with it.
local host = require "internal.host"
local scope = require "internal.scope"

--- Ends what was made in the test, the newest first.
local function end_things()
  local things <close> = scope()
  for _, thing in ipairs(host.case_things()) do things:add(thing) end
  things:add(host.case_end_tasks)
end

local function closing(f)
  return setmetatable({}, { __close = function(_, failure) f(failure) end })
end

--- What is to be done when the test's function has ended, or failed.
local function finish(failure)
  local ok, reason = pcall(end_things)
  if ok then return end
  if failure == nil then error(reason, 0) end
  host.case_note("then, at the end of the test: " .. tostring(reason))
end

local function run(name, timeout, f)
  local _ <close> = closing(finish)
  -- Before things end: what it looks at is still there.
  local _ <close> = closing(function(failure)
    if failure ~= nil then host.case_failed(failure) end
  end)
  if timeout then
    local what = ("test '%s'"):format(name)
    host.leave_scope(host.enter_scope(timeout, what), host.catch_all(host.note_trace, f))
  else
    f()
  end
  host.case_check()
end

return function(name, options, f)
  if f == nil then options, f = nil, options end
  local meta = debug.getmetatable(f)
  if type(name) ~= "string" or type(f) ~= "function" and not (meta and meta.__call) then
    local got = ("%s and %s"):format(type(name), type(f))
    host.fail("usage", "test wants a name and a function, got " .. got)
  end
  local timeout = host.case_begin(name, options)
  if timeout == nil then return end
  local ok, failure = xpcall(run, host.note_trace, name, timeout, f)
  host.case_end(not ok, failure)
  -- What nobody holds any more is free for the next: ports, networks.
  collectgarbage()
end
