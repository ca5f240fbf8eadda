-- Makes the globals of a script from the host's functions. Runs once, before the script.

local host = vmscript_host

--- A function that is also a table of functions, such as wait and wait.any.
local function callable(f, fields)
  return setmetatable(fields, { __call = function(_, ...) return f(...) end })
end

--- Kinds of errors that trying again may cure.
local RETRIED = { command = true, connection = true, assertion = true }

local function attempt(f, limit)
  local before = host.cap(limit)
  local results = table.pack(pcall(f))
  host.cap(before, true)
  return results
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
  if type(f) ~= "function" then
    host.fail("usage", "wait.eventually wants a function, got " .. type(f))
  end
  options = seconds_of(options or {}, "wait.eventually")
  local timeout = options.timeout or host.default_timeout()
  local deadline = host.now() + timeout
  local pause = options.interval or 0.02
  while true do
    local results = attempt(f, math.max(0, deadline - host.now()))
    local ok, value = results[1], results[2]
    if ok and value then return table.unpack(results, 2, results.n) end
    local kind = not ok and type(value) == "userdata" and value.kind
    local late = host.now() >= deadline
    if not ok and not RETRIED[kind] and not (late and kind == "timeout") then error(value, 0) end
    if late then
      local last = ok and "it returned " .. tostring(value) or tostring(value)
      local message = ("timed out after %g s of trying; the last time: %s"):format(timeout, last)
      host.fail("timeout", message, not ok and value.notes or nil)
    end
    host.wait(math.min(pause, math.max(0, deadline - host.now())))
    if not options.interval then pause = math.min(pause * 1.5, 0.5) end
  end
end

local wait = callable(host.wait, {
  any = host.wait_any, all = host.wait_all, eventually = eventually,
})

--- Runs all functions side by side; the first failure cancels the others.
local function parallel(functions)
  if type(functions) ~= "table" then
    host.fail("usage", "parallel wants a table of functions, got " .. type(functions))
  end
  local tasks = {}
  local _ <close> = setmetatable({}, { __close = function()
    for _, task in ipairs(tasks) do task:cancel() end
  end })
  for i, f in ipairs(functions) do tasks[i] = host.spawn(f) end
  if #tasks == 0 then return {} end
  return host.wait_all(tasks, { timeout = math.huge })
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

local api = {
  portmap = callable(host.portmap, { identity = host.portmap_identity }),
  socketpair = host.socketpair,
  network = network,
  disk = host.disk,
  uefi = host.uefi,
  tpm = host.tpm,
  qemu = callable(host.qemu, { option = host.qemu_option }),
  microvm = host.microvm,
  wait = wait,
  spawn = host.spawn,
  parallel = parallel,
  pattern = host.pattern,
  now = host.now,
  json = {
    encode = host.json_encode, decode = host.json_decode,
    null = host.json_null(), object = host.json_object,
  },
  proto = { load = host.proto_load, encode = host.proto_encode, decode = host.proto_decode },
  here = host.here,
  step = step,
  skip = skip,
}

for name, value in pairs(api) do _G[name] = value end
package.loaded.vmscript = api
-- For the library's own modules.
package.loaded["internal.host"] = {
  fail = host.fail, say = host.say, scratch = host.scratch, hint = host.hint,
  guard = host.guard, seed = host.seed, record = host.record,
  check_impairment = host.check_impairment,
}
