-- vm.timing: the phases of each boot, in order and on the clock of now(); a budget is held by them.
-- status: 1
-- stdout: the same
-- stderr: timing.lua:35: the boot took
local before = now()
local vm = microvm { name = "a", start = false }
assert(next(vm.timing) == "boots" and #vm.timing.boots == 0, "something before the first start")
vm:start()
local t = vm.timing
assert(t.boot == 1 and t.launched >= before and t.launched <= now(), "launched")
assert(t.ready == nil and t.exited == nil and t.reason == nil, "ready too soon")
wait(vm:ready())
local ready = now()
t = vm.timing
assert(t.launched < t.first_byte and t.launched < t.kernel and t.kernel < t.init and t.init < t.ready,
  json.encode(t))
assert(t.ready <= ready and t.exited == nil, json.encode(t))
-- The guest's own clock says the same, as far as a loaded host lets it.
local uptime = tonumber(vm:read("/proc/uptime"):match "%S+")
local off = now() - t.kernel - uptime
assert(off > -0.1 and off < 5, off)
vm:reboot()
assert(vm.timing.boot == 2 and vm.timing.launched > t.ready, "another boot")
assert(vm.timing.launched < vm.timing.kernel and vm.timing.ready > vm.timing.init, json.encode(vm.timing))
assert(json.encode(vm.timing.boots[1].ready) == json.encode(t.ready), "the first is as it was")
vm:kill()
assert(vm.timing.exited <= now() and vm.timing.reason == "killed", json.encode(vm.timing))
-- A kernel that speaks says it on the console.
vm:start { cmdline = "loglevel=7 ignore_loglevel" }
wait(vm:ready())
local spoken = vm.timing
assert(spoken.boot == 3 and spoken.first_byte <= spoken.kernel and spoken.kernel < spoken.init, json.encode(spoken))
print "the same"
local took = spoken.ready - spoken.launched
if took > 0.01 then error(("the boot took %.2f s"):format(took)) end
