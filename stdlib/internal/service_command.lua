-- A service that is a command in the guest: a session of its own, whose shell notes how it ended.
local q = require("internal.shell").quote

local M = {}

local function folder(service) return "/run/vmscript/" .. service.name end

--- Runs the command, and then writes its status.
local SCRIPT = [[
cd %s
%s(
%s
)
echo $? >%s/status
]]

--- Prints the number of the new session.
local START = [[
set -e
rm -f %s/status
setsid sh %s/run </dev/null >>%s 2>&1 &
echo $!
]]

--- Ends a session: asks first, and after so many twentieths of a second no longer.
local STOP = [[
kill -TERM -%d 2>/dev/null || exit 0
n=0
while kill -0 -%d 2>/dev/null; do
  if [ $n = %d ]; then kill -KILL -%d; fi
  n=$((n + 1))
  sleep 0.05
done
]]

---@param service table what stdlib/service.lua keeps
function M.start(service)
  local place, exports = folder(service), {}
  for name, value in pairs(service.env) do
    exports[#exports + 1] = ("export %s=%s\n"):format(name, q(value))
  end
  table.sort(exports)
  service.vm:write(place .. "/run", SCRIPT:format(q(service.cwd), table.concat(exports),
    service.command, place))
  if not service.pid then service.vm:write(service.log, "") end
  service.pid = math.tointeger(service.vm:sh(START:format(place, place, q(service.log))))
end

function M.stop(service)
  if not service.pid then return end
  local pid = service.pid
  local ticks = math.max(1, math.floor(service.stop_timeout * 20))
  service.vm:sh(STOP:format(pid, pid, ticks, pid), { timeout = service.stop_timeout + 30 })
end

function M.restart(service)
  M.stop(service)
  M.start(service)
end

function M.is_running(service)
  if not service.pid then return false end
  return service.vm:exec { "kill", "-0", service.pid }.code == 0
end

function M.has_ended(service) return not M.is_running(service) end

--- Returns when it has ended: how, and its status if it has one.
function M.watch(service)
  local status = service.vm:sh(("while kill -0 %d 2>/dev/null; do sleep 0.1; done\n"
    .. "cat %s/status 2>/dev/null || true"):format(service.pid, folder(service)),
    { timeout = math.huge })
  local code = math.tointeger(status)
  return code and ("ended with status %d"):format(code) or "was ended", code
end

function M.log(service, lines)
  return service.vm:sh(("tail -n %d %s 2>/dev/null || true"):format(lines, q(service.log)))
end

return M
