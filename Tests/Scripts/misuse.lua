-- What a newcomer gets wrong: each mistake is an error that says so, and none is a crash.
-- stdout: done
local check = require "modules.check"
local function no(text, f, ...) check.raises("usage", text, f, ...) end
local left, right = socketpair()
local ports = portmap { 80 }
local chip = tpm {}
local vm = microvm { name = "a", start = false }

-- Wrong types and values, for every primitive.
for _, wrong in ipairs { 1, "x", true, print, left, coroutine.create(print) } do
  no("microvm wants a table", microvm, wrong)
  no("qemu wants a table", qemu, wrong)
  no("portmap wants a table", portmap, wrong)
  no("socketpair wants a table", socketpair, wrong)
  no("tpm wants a table", tpm, wrong)
  no("qemu.option wants an option table", qemu.option, wrong)
  no("field 'ports' wants a portmap { … }", microvm, { ports = wrong })
  no("field 'tpm' wants a tpm {}", qemu, { tpm = wrong })
end
no("microvm wants a table, as in microvm {}", microvm)
no("qemu wants a table", qemu, nil)
no("portmap wants a table", portmap)
no("at least one guest port", portmap, {})
no("a port is a whole number from 1 to 65535, got 0", portmap, { 0 })
no("got 65536", portmap, { 65536 }) no("got 80.5", portmap, { 80.5 })
no("got '80'", portmap, { "80" })
no("got 'x'", portmap, { [80] = "x" }) no("no field 'http'", portmap, { http = 80 })
no("mapped twice", portmap, { 80, 80 })
no("keys are strings or integers", portmap, { [1.5] = 1 })
no("\"tcp\" or \"udp\"", portmap, { { guest = 53, protocol = "sctp" } })
no("'::1' is no IPv4 address", portmap, { { guest = 53, bind = "::1" } })
check.raises("connection", "no address 192.0.2.1", portmap,
  { { guest = 53, bind = "192.0.2.1", host = 53000 } })

for field, wrong in pairs {
  name = { 1, "", "-x", "a b", "a/b", ("x"):rep(64), "\xff" },
  memory = { "1", "x", "-1M", "0M", "M", 5 },
  cpus = { 0, -1, 256, 1.5, "2" }, kernel = { 1, {} },
  net = { 1, { 1 }, { {} }, { { left, nme = "x" } } },
  serial = { 1, "x", vm, ports, true }, channels = { 1, { 1 }, { log = "x" } },
  start = { 1, "yes" },
  reboot = { 0 }, agent = { true, "qemu" }, accel = { "hax", 1 }, qemu = { 1 },
  env = { 1, { X = {} } },
  tags = { 1, { 1 } }, may_exit = { "no" }, disks = { 1, { 1 } },
  user_net = { 1, { internt = true } },
  cmdline = { 1, {} },
} do
  for _, value in ipairs(wrong) do
    no(field == "net" and "net" or "", microvm, { [field] = value })
  end
end
no("such as '10.0.1.1/24', got '10.0.0.1'", microvm, { net = { { left, address = "10.0.0.1" } } })
local many, cards = {}, {}
for i = 1, 13 do many["opt/n" .. i] = "x" end
for i = 1, 30 do cards[i] = socketpair() end
no("13 fw_cfg entries are too many", microvm, { fw_cfg = many })
no("a q35 has 30 slots", qemu, { net = cards })
no("agent \"qga\" is for guests that have", qemu, { agent = "qga" })
no("'/etc' is a directory", microvm, { kernel = "/etc" })
no("'/etc' is a directory", microvm, { kernel = "/etc/passwd", initramfs = "/etc" })
no("ports need the user-mode network, which is switched off", microvm,
  { ports = portmap { 80 }, user_net = false })
no("needs '80M' at least", microvm, { memory = "64M" })
no("1 to 15 letters", microvm, { net = { { left, name = "a-name-too-long-" } } })
no("is no MAC address", microvm, { net = { { left, mac = "01:00:00:00:00:01" } } })
no("an initramfs needs a kernel", microvm, { initramfs = "x" })
no("boots no disk by itself", microvm, { disks = { arg[0] } })
no("positions are counted from 1 without gaps", microvm, { [0] = "x" })
no("a raw argument is a string or an option table", microvm, { print })
no("a QEMU option cannot take a function (x)", qemu.option, { x = print })
local loop = {} loop.loop = loop
no("contains itself", microvm, { "-device", loop })
no("cmdline go with a kernel", qemu, { disks = { arg[0] }, cmdline = "x" })
check.raises("missing", "'no-such.img'", qemu, { disks = { "no-such.img" } })
check.raises("missing", "no/such", tpm, { state = "no/such" })

-- '.' in the place of ':', unknown methods, assignments.
no({ "sh wants a machine before it, got string", "as in m:sh(…)" }, vm.sh, "true")
no("kill wants a machine before it, got no value", vm.kill)
no("unplug wants a cable end before it, got portmap", left.unplug, ports)
no("dial wants a portmap before it, got number", ports.dial, 80)
no("a machine has no field 'shh'; did you mean 'sh'?", function() vm:shh "true" end)
no("a cable end has no field 'x'; known: lines, plug", function() left:x() end)
no("the fields of a machine cannot be assigned", function() vm.name = "b" end)

-- Wrong arguments of methods.
no("sh wants a command as a string, got no value", vm.sh, vm)
no("sh wants a command as a string, got table", vm.sh, vm, { "ls" })
no("did you mean 'timeout'?", vm.sh, vm, "true", { timeot = 1 })
no("field 'timeout' wants a number of seconds, got -1", vm.sh, vm, "true", { timeout = -1 })
no("sh wants a table of fields, got number", vm.sh, vm, "true", 5)
no("exec wants a table", vm.exec, vm)
no("exec wants a program", vm.exec, vm, {})
no("arguments are strings or numbers, got a table", vm.exec, vm, { "ls", {} })
no("expect wants the text to look for", vm.expect, vm)
no("not empty", vm.expect, vm, "") no("matched line by line", vm.output, vm, "a\nb")
no("wait for machine:ready() or machine:exited()", wait, vm)
no("cannot wait for a portmap", wait, portmap { 1 })
no("event wants a QMP event's name", vm.event, vm)
no("qmp wants a command's name", vm.qmp, vm)
no("qmp wants its arguments in a table", vm.qmp, vm, "stop", 1)
no("start has no field 'memory'", vm.start, vm, { memory = "1G" })
no("send wants a list of keys", vm.send, vm, {}) no("send wants the text to type", vm.send, vm, 1)
no("send knows no key 'ctrl-entr'; did you mean 'enter'?", vm.send, vm, { "ctrl-entr" })
no("a terminal has no key 'meta-x'", vm.send, vm, "a", { "meta-x" }) no("send: a key is named by a string", vm.send, vm, { 1 })
no("expect wants at least one text", vm.expect, vm, {}) no("output wants the text", vm.output, vm, { a = 1 })
no("expect has no field 'befor'; did you mean 'before'?", vm.expect, vm, "x", { befor = true })
no("field 'where' wants true or false", vm.output, vm, "x", { where = 1 })
no("put wants a path on the host", vm.put, vm) no("get wants a path on the host", vm.get, vm, "x")
no("write wants the text for 'x', got no value", vm.write, vm, "x")
no("dial wants a mapped TCP port of the guest, got 81; mapped: 80", ports.dial, ports, 81)
no("pattern wants a Lua pattern", pattern, {}) no("malformed pattern", pattern, "[a")
no("here wants a path", here) no("step wants a name and a function", step, "x")
no("json.decode", json.decode, "{") no("json.decode wants a string", json.decode)
no("JSON cannot hold", json.encode, { print }) no("JSON has no", json.encode, 0 / 0)
no("os.execute wants a command", os.execute, {})
for _, method in ipairs { "pause", "resume", "reset", "reboot", "shutdown", "freeze" } do
  no("was not started yet", vm[method], vm)
end
vm:kill()

-- What is lenient in Lua stays so.
assert(tostring(left):find "cable end" and tostring(vm) == "machine 'a'" and ports[81] == nil)
check.equal(type(ports[80]), "number")
for guest, host in pairs(ports) do check.equal(guest, 80) check.equal(host, ports[80]) end
check.equal(qemu.option { "user", id = "a,b", on = true, off = false, list = { 1, 2 }, none = {} },
  "user,id=a,,b,list=1,list=2,none,off=off,on=on")
check.equal(json.encode(json.decode [[{"a":[1,2.5,"\u00e9",true]}]]), [[{"a":[1,2.5,"é",true]}]])

-- Values that are not UTF-8, and very deep recursion.
no("'\u{fffd}\u{fffd}'", microvm, { memory = "\xff\xfe" })
check.raises("lua", "stack overflow", function() local function f() return 1 + f() end f() end)
check.raises("lua", "stack overflow", function() string.gsub(("x"):rep(300), "x", function(x)
  local function f() return (x:gsub("x", f)) end
  return f()
end) end)

-- Much garbage: machines that were never started, resources that nobody refers to.
for i = 1, 300 do
  socketpair() portmap { 80 } microvm { start = false }
  if i % 50 == 0 then collectgarbage() end
end
print "done"
