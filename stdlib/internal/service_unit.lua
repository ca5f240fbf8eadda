-- A service that is a unit of the guest's systemd.
local q = require("internal.shell").quote

local M = {}

local function control(service, verb)
  service.vm:sh(("systemctl %s -- %s"):format(verb, q(service.unit)),
    { timeout = service.timeout })
end

function M.start(service) control(service, "start") end

function M.stop(service) control(service, "stop") end

function M.restart(service) control(service, "restart") end

function M.is_running(service)
  return service.vm:exec { "systemctl", "is-active", "--quiet", "--", service.unit }.code == 0
end

function M.has_ended(service)
  local found = service.vm:exec({ "systemctl", "show", "--property", "ActiveState", "--value", "--",
    service.unit, check = true }).stdout
  return not found:find "^activ" and not found:find "^reload"
end

--- Returns when it is no longer up or on the way there: how it ended.
function M.watch(service)
  local state = service.vm:sh(([[
while :; do
  state=$(systemctl show --property ActiveState --value -- %s)
  case $state in active|activating|reloading) sleep 0.2 ;; *) echo "$state"; exit ;; esac
done]]):format(q(service.unit)), { timeout = math.huge })
  return "is " .. state
end

function M.log(service, lines)
  return service.vm:sh(("journalctl --no-pager --quiet --output cat --lines %d --unit %s"):format(
    lines, q(service.unit)))
end

return M
