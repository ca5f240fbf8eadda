-- QMP in full: values of every kind, events with filters, jobs, errors, time-outs.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

equal(json.encode { a = json.null, b = json.object {}, c = {}, d = json.object { e = 1 } },
  '{"a":null,"b":{},"c":[],"d":{"e":1}}')
equal(json.decode("[null, 1]")[2], 1)
raises("usage", "json.object wants a table with names", json.object, { 1 })

local vm = qemu { name = "a", user_net = false, "-device", "qemu-xhci,id=usb" }
equal(vm:qmp("query-version").qemu.major, tonumber(vm:qmp("query-version").qemu.major))
equal(vm:qmp("query-status", json.object {}).running, true)
equal(#vm:qmp "query-commands" > 100, true)
-- A whole float is an integer to QEMU; null; booleans; nested values; an empty list.
local err = raises("qmp", "QMP command 'balloon' failed: ", vm.qmp, vm, "balloon", { value = 1e9 })
equal(err.class, "DeviceNotActive") equal(err.machine, "a")
vm:qmp("migrate-set-parameters", { ["tls-creds"] = json.null })
equal(vm:qmp("query-migrate-parameters")["tls-creds"], "")
vm:qmp("migrate-set-capabilities", { capabilities = { { capability = "events", state = true } } })
vm:qmp("transaction", { actions = {} })
vm:qmp("blockdev-add", { driver = "null-co", ["node-name"] = "large", size = 0x3fffffff00000000,
  ["read-zeroes"] = true })
equal(vm:qmp("query-named-block-nodes")[1].image["virtual-size"], 0x3fffffff00000000)
err = raises("qmp", "The command nosuch has not been found", vm.qmp, vm, "nosuch")
equal(err.class, "CommandNotFound")
raises("qmp", "Parameter 'nosuch' is unexpected", vm.qmp, vm, "query-status", { nosuch = true })
raises("usage", "wants its arguments in a table, got string", vm.qmp, vm, "balloon", "x")
raises("usage", "JSON cannot hold a function", vm.qmp, vm, "balloon", { value = print })

-- Events: since the call that made them, by data, by a function, and all.
local function gone(filter) return vm:event("DEVICE_DELETED", filter) end
local t1, t2, any = gone { device = "t1" }, gone(function(data) return data.device == "t2" end), gone()
local wrong = gone(function(data) return data.no.field end)
local waits = gone(function() wait(1) end)
for _, id in ipairs { "t1", "t2" } do
  vm:qmp("device_add", { driver = "usb-tablet", id = id })
  vm:qmp("device_del", { id = id })
end
equal(wait(t2).device, "t2") equal(wait(t1).device, "t1")
local seen = {}
wait.eventually(function()
  local id = wait(any).device
  if id then seen[#seen + 1] = id end
  return #seen == 2
end)
equal(table.concat(seen, " "), "t1 t2")
raises("timeout", 'QMP event DEVICE_DELETED with {"device":"t1"} of machine', wait, t1, { timeout = 0.05 })
raises("assertion", "attempt to index a nil value", wait, wrong)
raises("usage", "cannot wait here", wait, waits)
raises("usage", "a table of data to be found in the event, or a function", vm.event, vm, "STOP", 1)
raises("usage", { "QEMU has no event 'DEVICE_DELETE'", "did you mean 'DEVICE_DELETED'?" },
  wait, vm:event "DEVICE_DELETE")

-- A job that ends when its command has long been answered.
for _, name in ipairs { "from", "to" } do
  vm:qmp("blockdev-add", { driver = "null-co", ["node-name"] = name, size = 1 << 20,
    ["read-zeroes"] = true })
end
local concluded = vm:event("JOB_STATUS_CHANGE", { id = "copy", status = "concluded" })
local failed = vm:event("BLOCK_JOB_ERROR", { device = "copy" })
vm:qmp("blockdev-backup", { ["job-id"] = "copy", device = "from", target = "to", sync = "full" })
equal(wait.any { done = concluded, failed = failed }, "done")

-- Many at once; one that is not answered.
local tasks = {}
for i = 1, 50 do
  tasks[i] = spawn(function() return vm:qmp("qom-get", { path = "/machine", property = "type" }) end)
end
for _, kind in ipairs(wait.all(tasks)) do assert(kind:find "^pc%-q35") end
vm:freeze()
raises("timeout", "0.2 s", vm.qmp, vm, "query-status", {}, { timeout = 0.2 })
local started = now()
raises("timeout", "of trying", wait.eventually, function() vm:qmp "query-status" end, { timeout = 0.2 })
raises("timeout", "", wait.eventually, function() vm:pause() end, { timeout = 0.2 })
assert(now() - started < 5, "the commands inside wait.eventually are limited by it")
vm:thaw() vm:resume()
equal(vm:qmp("query-status").running, true)
vm:kill()
raises("exited", "was ended by this script", vm.qmp, vm, "query-status")
print "done"
