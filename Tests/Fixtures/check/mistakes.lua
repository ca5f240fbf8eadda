-- Mistakes, and behind each line what `vmscript check` says of it.

--> unknown global 'mircovm'; did you mean 'microvm'?
local vm = mircovm { name = "a" }
--> qemu has no field 'memry'; did you mean 'memory'?
--> field 'firmware' of qemu wants "bios", "uefi", UEFI or UEFIFiles, got "ueif"; did you mean 'uefi'?
--> field 'memory' of qemu wants string, got 512
--> field 'cpus' of qemu has no field 'core'; did you mean 'cores'?
--> an element of field 'net' of qemu has no field 'macc'; did you mean 'mac'?
local q = qemu { memry = "512M", firmware = "ueif", memory = 512, cpus = { core = 2 }, net = { { address = "x", macc = "" } } }
--> a Machine has no method 'redy'; did you mean 'ready'?
q:redy()
--> a Machine has no field 'nam'; did you mean 'name'?
print(q.nam, q.name)
--> wait has no field 'timout'; did you mean 'timeout'?
wait(q:ready(), { timout = 5 })
--> wait has no field 'evntually'; did you mean 'eventually'?
--> q:sh has no field 'timeot'; did you mean 'timeout'?
wait.evntually(function() return q:sh("x", { timeot = 3 }) end, { intervall = 2 })
--> string has no field 'fromat'; did you mean 'format'?
string.fromat("x")
local l, r = socketpair()
--> a CableEnd has no method 'unplgu'; did you mean 'unplug'?
l:unplgu()
--> an element of portmap has no field 'gest'; did you mean 'guest'?
local ports = portmap { 22, { gest = 5 } }
--> a PortMap has no method 'dail'; did you mean 'dial'?
ports:dail(22)
--> network has no field 'nam'; did you mean 'name'?
local lan = network { nam = "a" }
--> lan:link:set has no field 'dely'; did you mean 'delay'?
--> field 'distribution' of lan:link:set wants "uniform", "normal", "pareto" or "paretonormal", got "norml"; did you mean 'normal'?
--> field 'match' of lan:link:set has no field 'protocl'; did you mean 'protocol'?
lan:link(q, q):set { dely = 1, distribution = "norml", match = { protocl = "tcp" } }
local cluster = require "vmscript.cluster"
--> cluster.boot has no field 'cout'; did you mean 'count'?
--> field 'machine' of cluster.boot has no field 'memroy'; did you mean 'memory'?
cluster.boot { cout = 3, machine = { memroy = "1G" } }
--> vmscript.cluster has no field 'bot'; did you mean 'boot'?
cluster.bot {}
local v = require "vmscript"
--> v.qemu has no field 'memry'; did you mean 'memory'?
v.qemu { memry = "" }

-- What is right, or what cannot be known, is let pass.
local function any(vm, options)
  vm:whatever()
  return options.anything, _G.something
end
local first = microvm { name = "a", net = { l, { r, name = "ab", address = "10.0.1.1/24" } } }
first = any(first)
first:whatever()
string.trimmed = function(text) return text end
print(string.trimmed "x", _VERSION, arg[0])
made_here = 5
print(made_here)
wait.any({ up = q:ready(), [1] = timer(5) }, { timeout = 5 })
q:exec { "ls", "-l", stdin = "x", env = { A = "b", C = false } }
print(not_there) ---@diagnostic disable-line
