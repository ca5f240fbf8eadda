-- Machines in the order of their needs; what a failing node says, and what becomes of the others;
-- services that die, that are never healthy, that are restarted.
-- stdout: done
local cluster, service = require "vmscript.cluster", require "vmscript.service"
local check = require "vmscript.check"

-- A machine that QEMU refuses: the error names it, the others are ended, no one starts after it.
do
  local c <close> = cluster.boot {
    names = { "a", "b", "c" }, machine = { memory = "128M" }, needs = { c = { "b" } },
    nodes = { b = { "-device", "no-such-device" } },
  }
  local err = check.error(function() wait(c:ready()) end, "launch", "machine 'b'")
  check.contains(err.notes, "the cluster's other machines were ended")
  check.equal(wait(c.a:exited()).reason, "killed")
  check.equal(c.c.boots, 0)
  check.error(function() c:each(print) end, "launch", "machine 'b'")
end

local order = {}
local c <close> = cluster.boot {
  count = 2, machine = function(name, i) return { memory = ("%dM"):format(128 * i) } end,
  needs = { node1 = { "node2" } }, nodes = { node1 = { tags = { "late" } } },
  setup = function(vm, name)
    order[#order + 1] = name
    if name == "node2" then check.equal(c and c.node1.boots or 0, 0) end
    vm:sh "echo yes >/tmp/set-up"
  end,
}
check.equal(c.node1.boots, 0)
wait(c:ready())
check.equal(order, { "node2", "node1" })
check.equal(c.node1.tags, { "late" })
assert(c.node1 == c[1] and #c == 2)
local names = {}
for name, vm in pairs(c) do names[#names + 1] = name == vm.name and name or "?" end
check.equal(names, c:names())
check.equal(c:each(function(vm) return vm:sh "cat /tmp/set-up" end), { node1 = "yes", node2 = "yes" })
local started = now()
check.error(function()
  c:each(function(vm, name) vm:sh(name == "node2" and "exit 3" or "sleep 60") end)
end, "command", "machine 'node2'")
check.error(function() c:each(function(_, name) check.equal(name, "node1") end) end, "assertion",
  "node 'node2': got \"node2\"")
check.truthy(now() - started < 30, "the others were cancelled")
check.error(function() return c.node3 end, "usage", "the cluster has no 'node3'; did you mean 'node")

-- Services.
local vm = c.node1
local web <close> = service.start(vm, { command = "exec httpd -f -v -p 8080", cwd = "/tmp",
  port = 8080, env = { GREETING = "it's" }, health = "wget -q -O - 127.0.0.1:8080/set-up" })
check.equal({ web.name, web.machine, tostring(web) }, { "httpd", vm, "service 'httpd' of machine 'node1'" })
check.truthy(web:is_running())
check.matches(web:logs(), "127.0.0.1")
local pid = vm:sh "pidof httpd"
check.equal(vm:sh("tr '\\0' '\\n' </proc/" .. pid .. "/environ | grep GREETING"), "GREETING=it's")
web:start()
check.equal(vm:sh "pidof httpd", pid)
web:restart()
check.not_equal(vm:sh "pidof httpd", pid)
web:await { timeout = 10 }
web:stop() web:stop()
check.falsy(web:is_running())
vm:fails "pidof httpd"
web:start()
check.truthy(web:is_running())

started = now()
local err = check.error(function()
  service.start(vm, { name = "bad", command = "echo one; echo two >&2; exit 3", port = 81 })
end, "command", "service 'bad' of machine 'node1' ended with status 3 before it was healthy")
check.truthy(now() - started < 30, "it was not waited for")
check.equal({ err.code, err.machine, err.notes }, { 3, "node1", { "last lines of its log:", "  one", "  two" } })
check.matches(err.where, "cluster.lua:70")
err = check.error(function() service.start(vm, { command = "sleep 1000", timeout = 1.5,
  health = "echo no such luck >&2; false" }) end, "timeout",
  pattern "service 'sleep' of machine 'node1' is not healthy: .*exited with status 1: no such luck, still after 1.5 s")
check.equal(vm:sh "ps | grep '[s]leep 1000' || true", "")
err = check.error(function() service.start(vm, { command = "sleep 1000",
  health = function() error "own" end }) end, "assertion", "own")
-- Nor is one left running whose start is cancelled, or cut short.
local function unhealthy() service.start(vm, { command = "sleep 1001", health = "false" }) end
local starting = spawn(unhealthy)
wait.eventually(function() return vm:sh "pidof sleep" end)
starting:cancel()
check.error(function() wait(starting) end, "was cancelled")
check.equal(vm:sh "ps | grep '[s]leep 1001' || true", "")
check.error(function() within(1, unhealthy) end, "timeout", "1 s of within")
check.equal(vm:sh "ps | grep '[s]leep 1001' || true", "")
check.error(function() service.start(vm, { name = "httpd", command = "sleep 1002" }) end, "usage",
  "machine 'node1' runs a service 'httpd' already")
check.error(function() service.start(vm, { command = "if", health = "sleep 1", name = "syntax" }) end,
  "command", "before it was healthy")
local stubborn = service.start(vm, { name = "stubborn", stop_timeout = 0.5,
  command = "trap '' TERM; echo up >/tmp/stubborn; while :; do sleep 0.1; done",
  health = "test -e /tmp/stubborn" })
stubborn:stop()
check.falsy(stubborn:is_running())
err = check.error(function() local _ = web.strt end, "usage", "did you mean 'start'?")
vm:kill()
check.error(function() web:restart() end, "exited")
print "done"
