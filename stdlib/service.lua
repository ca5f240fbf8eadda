-- Services in machines: started, found healthy, restarted, with their logs at hand.
-- docs/stdlib/service.md describes them.
local host = require "internal.host"
local options = require "internal.options"
local show = require "internal.show"
local vmscript = require "vmscript"

local WHAT = "service.start"
local public = options.public

---@class Service
local Service = { __name = "service" }
local private = setmetatable({}, { __mode = "k" })

local methods = {}

function Service.__index(self, key)
  local state = private[self]
  if methods[key] then return methods[key] end
  if key == "name" then return state.name elseif key == "machine" then return state.vm end
  local known = { "name", "machine" }
  for name in pairs(methods) do known[#known + 1] = name end
  table.sort(known)
  host.fail("usage", ("a service has no field '%s'%s"):format(show.harmless(tostring(key)),
    host.hint(tostring(key), known)))
end

function Service.__newindex() host.fail("usage", "the fields of a service cannot be assigned") end

function Service.__tostring(self)
  local state = private[self]
  return ("service '%s' of machine '%s'"):format(state.name, state.vm.name)
end

local function state_of(self, call)
  if getmetatable(self) ~= Service then
    host.fail("usage", ("a service's method: call it with ':', as in s:%s"):format(call))
  end
  return private[self]
end

local function refuse(text, ...) host.fail("usage", (WHAT .. ": " .. text):format(...)) end

--- The name of the program that a command begins with.
local function program(command)
  local word = command:gsub("^%s*exec%s+", ""):match "%S+" or ""
  return word:match "[%w][%w@._-]*$" or "service"
end

local function read(vm, given)
  if options.kind_of(vm) ~= "machine" then
    refuse("wants a machine first, got %s", show.value(vm))
  end
  local state = options.read(WHAT, given, {
    name = public.optional "string", command = public.optional "string",
    unit = public.optional "string", port = public.optional "integer",
    protocol = public.one_of("tcp", "udp"), health = public.optional("string", "function"),
    env = public.optional "table", cwd = public.optional "string", log = public.optional "string",
    timeout = public.optional "seconds", stop_timeout = public.optional "seconds",
  })
  if (state.command == nil) == (state.unit == nil) then
    refuse "either command or unit says what to start"
  end
  for _, name in ipairs { "env", "cwd", "log" } do
    if state.unit and state[name] then
      refuse("a unit has its own %s: leave out '%s'", name, name)
    end
  end
  for name, value in pairs(state.env or {}) do
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$"
      or (type(value) ~= "string" and type(value) ~= "number") then
      refuse("field 'env' wants names and strings, got %s = %s", show.value(name),
        show.value(value))
    end
  end
  state.name = state.name or state.unit and state.unit:gsub("%.service$", "")
    or program(state.command)
  if not state.name:find "^[%w][%w@._-]*$" then
    refuse("field 'name' wants letters, digits and any of @._-, got %s", show.value(state.name))
  end
  if state.port and (state.port < 1 or state.port > 65535) then
    refuse("field 'port' wants 1 to 65535, got %d", state.port)
  end
  state.env, state.cwd = state.env or {}, state.cwd or "/"
  state.stop_timeout = math.min(state.stop_timeout or 10, 1e6)
  state.log = state.log or ("/run/vmscript/%s/log"):format(state.name)
  state.vm = vm
  state.backend = require(state.unit and "internal.service_unit" or "internal.service_command")
  return state
end

--- The end of its log, for a report; nothing if the machine cannot say.
local function log_notes(state)
  local ok, text = pcall(state.backend.log, state, 15)
  local notes = {}
  for line in (ok and text or ""):gmatch "[^\n]+" do
    notes[#notes + 1] = "  " .. line:sub(1, 400)
  end
  if #notes == 0 then return { ok and "it has logged nothing" or "its log cannot be read" } end
  table.insert(notes, 1, "last lines of its log:")
  return notes
end

--- Returns when everything that was asked for holds.
local function until_healthy(state, deadline)
  local function left() return math.max(0, math.ceil((deadline - vmscript.now()) * 10) / 10) end
  if state.port then
    vmscript.wait(state.vm:port(state.port, { protocol = state.protocol }), { timeout = left() })
  end
  local health = state.health
  if not health then return end
  vmscript.wait.eventually(function()
    if type(health) == "function" then return health(state.vm) end
    state.vm:sh(health)
    return true
  end, { timeout = left() })
end

--- The time-out of waits that have none.
local function deadline_after(seconds)
  return vmscript.now() + (seconds or host.default_timeout())
end

--- Waits until it is healthy; raises at once if it ends instead.
local function await(state, timeout)
  local s <close> = vmscript.scope()
  local deadline = deadline_after(timeout)
  local ended = s:add(vmscript.spawn(state.backend.watch, state))
  local ok, which, how, code = pcall(vmscript.wait.any, {
    ended = ended, healthy = s:add(vmscript.spawn(until_healthy, state, deadline)),
  }, { timeout = math.huge })
  if ok and which == "healthy" then
    -- A check may pass though the service is gone: another listens, or it looks at what was left.
    if not state.backend.has_ended(state) then return end
    how, code = vmscript.wait(ended)
  end
  local prefix = ("service '%s' of machine '%s' "):format(state.name, state.vm.name)
  if ok then
    host.fail("command", prefix .. how .. " before it was healthy", log_notes(state),
      { machine = state.vm.name, code = code })
  end
  local reason = which
  local kind = type(reason) == "userdata" and reason.kind or nil
  if kind ~= "timeout" and kind ~= "command" and kind ~= "connection" and kind ~= "assertion" then
    error(reason, 0)
  end
  error(host.annotate(reason, log_notes(state), prefix .. "is not healthy: "), 0)
end

local service = {}

--- The one that was started last under each name, by machine.
local started = setmetatable({}, { __mode = "k" })

--- Two of one name would have one log, and each take the other's end for its own.
local function claim_name(state)
  local names = started[state.vm] or {}
  local other = names[state.name]
  if other and other.backend.is_running(other) then
    refuse("machine '%s' runs a service '%s' already: stop it before, or give this one another "
      .. "name", state.vm.name, state.name)
  end
  names[state.name] = state
  started[state.vm] = names
end

--- Starts it and waits until it is healthy.
function service.start(vm, given)
  local state = read(vm, given)
  claim_name(state)
  local self = setmetatable({}, Service)
  private[self] = state
  self:start()
  return self
end

--- One that did not come up is not left running, also when its task is cancelled meanwhile, which
--- no pcall would see.
local function bring_up(state, start)
  local _ <close> = setmetatable({}, { __close = function(_, reason)
    if reason == nil then return end
    local kind = type(reason) == "userdata" and reason.kind or nil
    if kind ~= "exited" and kind ~= "guest_panic" then pcall(state.backend.stop, state) end
  end })
  start(state)
  await(state, state.timeout)
end

--- Starts it, if it does not run, and waits until it is healthy.
function methods:start()
  local state = state_of(self, "start()")
  bring_up(state, function()
    if not state.backend.is_running(state) then state.backend.start(state) end
  end)
end

--- Ends it, by force if it does not end in time, and returns when it is gone.
function methods:stop()
  local state = state_of(self, "stop()")
  state.backend.stop(state)
end

function methods:restart()
  local state = state_of(self, "restart()")
  bring_up(state, state.backend.restart)
end

--- Waits until it is healthy.
function methods:await(given)
  local state = state_of(self, "await()")
  given = options.read("await", given, { timeout = public.optional "seconds" })
  await(state, given.timeout or state.timeout)
end

function methods:is_running()
  local state = state_of(self, "is_running()")
  return state.backend.is_running(state)
end

--- The last lines of its log.
function methods:logs(lines)
  local state = state_of(self, "logs()")
  if lines ~= nil and (math.type(lines) ~= "integer" or lines < 1) then
    host.fail("usage", ("logs wants a number of lines, got %s"):format(show.value(lines)))
  end
  return state.backend.log(state, lines or 1000)
end

--- A machine that has ended has no service left to stop.
function Service:__close()
  local state = private[self]
  local ok, reason = pcall(state.backend.stop, state)
  local kind = not ok and type(reason) == "userdata" and reason.kind
  if not ok and kind ~= "exited" then error(reason, 0) end
end

return service
