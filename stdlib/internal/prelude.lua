-- Makes the globals of a script from the host's functions. Runs once, before the script.

local host = vmscript_host

--- A function that is also a table of functions, such as wait and wait.any.
local function callable(f, fields)
  return setmetatable(fields, { __call = function(_, ...) return f(...) end })
end

local metatable_of = debug.getmetatable

local function is_callable(f)
  local meta = metatable_of(f)
  return type(f) == "function" or (meta and meta.__call ~= nil)
end

--- Kinds of errors that trying again may cure.
local RETRIED = { command = true, connection = true, assertion = true }

local function attempt(f, limit)
  local before = host.cap(limit)
  local _ <close> = setmetatable({}, { __close = function() host.cap(before, true) end })
  return table.pack(pcall(f))
end

--- The options, each of which must be seconds.
local function seconds_of(options, what)
  if type(options) ~= "table" then
    host.fail("usage", ("%s wants a table of options, got %s"):format(what, type(options)))
  end
  for name, value in pairs(options) do
    if name ~= "timeout" and name ~= "interval" then
      local known = "; known: interval, timeout"
      host.fail("usage", ("%s has no field '%s'%s"):format(what, tostring(name), known))
    end
    if type(value) ~= "number" or value ~= value or value < 0 then
      host.fail("usage", ("%s: field '%s' wants a number of seconds, got %s"):format(what, name,
        tostring(value)))
    end
  end
  return options
end

--- Calls f until it returns something true. Returns what it returned.
local function eventually(f, options)
  if not is_callable(f) then
    host.fail("usage", "wait.eventually wants a function, got " .. type(f))
  end
  options = seconds_of(options or {}, "wait.eventually")
  local timeout = options.timeout or host.default_timeout()
  local deadline = host.now() + timeout
  local pause = options.interval or 0.02
  local last
  local tries = 0
  while true do
    tries = tries + 1
    local results = attempt(f, math.max(0, deadline - host.now()))
    local ok, value = results[1], results[2]
    if ok and value then return table.unpack(results, 2, results.n) end
    local kind = not ok and type(value) == "userdata" and value.kind
    local late = host.now() >= deadline
    local cut = late and kind == "timeout"
    if not ok and not RETRIED[kind] and not cut then error(value, 0) end
    -- That a try had no time left says less than why those before it failed.
    if not (cut and last) then
      last = ok and { message = "the function returned " .. tostring(value) } or value
    end
    if late then
      -- What is wrong, and not that time has passed, is what a person wants to know.
      local times = tries == 1 and "once" or tries .. " times"
      local text = ("%s, still after %g s of trying (%s)"):format(last.message, timeout, times)
      host.fail("timeout", text, last.notes, {
        machine = last.machine, process = last.process, code = last.code, signal = last.signal,
        stdout = last.stdout, stderr = last.stderr,
      }, last.where)
    end
    host.wait(math.min(pause, math.max(0, deadline - host.now())))
    if not options.interval then pause = math.min(pause * 1.5, 0.5) end
  end
end

local wait = callable(host.wait, {
  any = host.wait_any, all = host.wait_all, never = host.wait_never, eventually = eventually,
})

--- The keys of a table of functions: positions, then names sorted.
local function function_keys(what, functions)
  if type(functions) ~= "table" then
    host.fail("usage", ("%s wants a table of functions, got %s"):format(what, type(functions)))
  end
  local keys, names = {}, {}
  for i = 1, #functions do
    if functions[i] == nil then
      local message = "%s: the functions have positions without gaps, [%d] is nil"
      host.fail("usage", message:format(what, i))
    end
    keys[i] = i
  end
  for key, f in pairs(functions) do
    if type(key) == "string" then
      names[#names + 1] = key
    elseif not (math.type(key) == "integer" and keys[key]) then
      local message = "%s: the functions have positions without gaps, or names, not [%s]"
      host.fail("usage", message:format(what, tostring(key)))
    end
    if not is_callable(f) then
      host.fail("usage", ("%s wants functions, got %s for '%s'"):format(what, type(f), key))
    end
  end
  table.sort(names)
  return table.move(names, 1, #names, #keys + 1, keys)
end

--- The functions as tasks, under their keys. The end of the variable ends them all.
local function tasks_of(what, functions)
  local keys = function_keys(what, functions)
  local tasks = setmetatable({}, { __close = host.end_tasks })
  for _, key in ipairs(keys) do
    local name = ("%s '%s'"):format(what, key)
    tasks[key] = host.spawn_as(name, functions[key])
  end
  return tasks
end

--- Runs all functions side by side; the first failure ends the others.
local function parallel(functions)
  local tasks <close> = tasks_of("parallel", functions)
  if next(tasks) == nil then return {} end
  return host.wait_all(tasks, { timeout = math.huge })
end

--- Runs all functions side by side; the first that ends, well or not, ends the others.
local function race(functions)
  local tasks <close> = tasks_of("race", functions)
  if next(tasks) == nil then host.fail("usage", "race wants at least one function") end
  return host.wait_any(tasks, { timeout = math.huge })
end

--- Calls f, which may take so many seconds. Returns what it returned.
local function within(seconds, f, ...)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    host.fail("usage", "within wants a number of seconds first, got " .. tostring(seconds))
  end
  if not is_callable(f) then
    host.fail("usage", "within wants a function behind the seconds, got " .. type(f))
  end
  return host.leave_scope(host.enter_scope(seconds), host.catch_all(host.note_trace, f, ...))
end

--- Runs f as a named step, which a failure's report names.
local function step(name, f, ...)
  if type(name) ~= "string" or type(f) ~= "function" then
    local got = ("%s and %s"):format(type(name), type(f))
    host.fail("usage", "step wants a name and a function, got " .. got)
  end
  host.enter_step(name)
  local _ <close> = setmetatable({}, { __close = function(_, failure)
    host.leave_step(failure)
  end })
  return f(...)
end

--- Ends the script as one that cannot run here.
local function skip(reason)
  host.fail("assertion", "skipped: " .. tostring(reason), nil, { skip = "true" })
end

--- A test of this file.
local function test(...) require "internal.case"(...) end

--- A network's methods that are written in Lua, by name.
local network_methods = {
  nemesis = function(...) return require "vmscript.nemesis".start(...) end,
  swizzle = function(...) return require "vmscript.nemesis".swizzle(...) end,
}
local network_metatable

local function network(...)
  local lan = host.network(...)
  if not network_metatable then
    network_metatable = debug.getmetatable(lan)
    local index = network_metatable.__index
    network_metatable.__index = function(self, key)
      return network_methods[key] or index(self, key)
    end
  end
  return lan
end
--- A scope, to which things are added that end with it.
local function scope() return require "internal.scope"() end

--- The checks of constructors, for the functions of libraries.
local options = setmetatable({}, {
  __index = function(_, name) return require("internal.options").public[name] end,
  __call = function(_, given, defaults, what)
    local read = require("internal.options").call(given, defaults, what)
    return read  -- not a tail call: this frame tells who called
  end,
})

local api = {
  portmap = callable(host.portmap, { identity = host.portmap_identity }),
  socketpair = host.socketpair,
  network = network,
  disk = host.disk,
  uefi = host.uefi,
  tpm = host.tpm,
  qemu = callable(host.qemu, { option = host.qemu_option }),
  microvm = host.microvm,
  process = host.process,
  guest = host.guest,
  wait = wait,
  spawn = host.spawn,
  parallel = parallel,
  race = race,
  within = within,
  timer = host.timer,
  signal = host.signal,
  pattern = host.pattern,
  now = host.now,
  json = {
    encode = host.json_encode, decode = host.json_decode,
    null = host.json_null(), object = host.json_object,
  },
  proto = { load = host.proto_load, encode = host.proto_encode, decode = host.proto_decode },
  here = host.here,
  scope = scope,
  options = options,
  step = step,
  skip = skip,
  test = test,
}

for name, value in pairs(api) do _G[name] = value end
package.loaded.vmscript = api
-- For the library's own modules.
package.loaded["internal.host"] = {
  fail = host.fail, say = host.say, scratch = host.scratch, hint = host.hint,
  seed = host.seed, record = host.record, check_impairment = host.check_impairment,
  guard = host.guard, rehearse = host.rehearse, remedy = host.remedy,
  channel = host.channel, barrier = host.barrier,
  default_timeout = host.default_timeout, annotate = host.annotate,
  pattern_text = host.pattern_text,
  now = host.now, token = host.token, members = host.members, machine_fields = host.machine_fields,
  console_expect = host.console_expect, console_length = host.console_length,
  case_begin = host.case_begin, case_failed = host.case_failed, case_note = host.case_note,
  case_things = host.case_things, case_end_tasks = host.case_end_tasks,
  case_check = host.case_check, case_end = host.case_end, enter_scope = host.enter_scope,
  leave_scope = host.leave_scope, catch_all = host.catch_all, note_trace = host.note_trace,
}
host.machine_method("login", function(...) return require "internal.login".login(...) end)
