-- Machines wait for memory that others have: of this run, and of another.
-- options: --memory 900M
-- stdout: done
-- stderr: vmscript: machine 'b' waits for 464M of memory: of --memory's 900M, a has 564M
-- stderr: vmscript: machine 'd' waits for 464M of memory: of --memory's 900M, other runs have 564M
local check = require "modules.check"
local function held(name, memory)
  return qemu { name = name, memory = memory, agent = false, user_net = false, "-S" }
end
check.raises("memory", "machine 'x' wants 1G of memory, and --memory allows 900M", held, "x", "1G")
local a = held("a", "500M")
local ports = portmap { 80 }
local b = qemu { name = "b", memory = "400M", agent = false, ports = ports, "-S" }
local small = held("small", "100M")  -- there is room for this one
check.equal(small.boots, 1) check.equal(b.boots, 0)
-- A call's time-out is that of the start too.
local late = "timed out after 0.2 s waiting for the start of machine 'b', which waits for 464M"
check.raises("timeout", late, ports.dial, ports, 80, { timeout = 0.2 })
check.raises("timeout", late, b.qmp, b, "query-status", {}, { timeout = 0.2 })
check.raises("timeout", late, b.shutdown, b, { timeout = 0.2 })
check.raises("timeout", "after 0.2 s", function() ports:grpc(80, { timeout = 0.2, proto = "scripts/etcd.proto" })
  :call "KV/Range" end)
small:kill() check.equal(b.boots, 0)
a:kill()
check.equal(b:qmp("query-status").running, false) check.equal(b.boots, 1)
b:kill()
-- Another run has it, and is killed.
local other = process { os.getenv "VMSCRIPT", "run", "--memory", "900M", "-", name = "other", stdin = [[
  local vm = qemu { memory = "500M", agent = false, user_net = false, "-S" }
  vm:qmp "query-status" print "up" wait(1000)]] }
other:expect "up"
local d = qemu { name = "d", memory = "400M", user_net = false, "-S" }
check.equal(d.boots, 0)
local began = now()
local command = spawn(pcall, d.sh, d, "true", { timeout = 3 })
wait(1.8)
other:signal "KILL"
local _, why = wait(command)
check.equal(why.kind, "timeout")
local took = now() - began
assert(took >= 3 and took < 4.6, took)
check.equal(d:qmp("query-status").running, false) check.equal(d.boots, 1)
print "done"
