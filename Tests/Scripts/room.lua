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
local b = held("b", "400M")
local small = held("small", "100M")  -- there is room for this one
check.equal(small.boots, 1) check.equal(b.boots, 0)
small:kill() check.equal(b.boots, 0)
a:kill()
check.equal(b:qmp("query-status").running, false) check.equal(b.boots, 1)
b:kill()
-- Another run has it, and is killed.
local other = process { os.getenv "VMSCRIPT", "run", "--memory", "900M", "-", name = "other", stdin = [[
  local vm = qemu { memory = "500M", agent = false, user_net = false, "-S" }
  vm:qmp "query-status" print "up" wait(1000)]] }
other:expect "up"
local d = held("d", "400M")
check.equal(d.boots, 0)
other:signal "KILL"
check.equal(d:qmp("query-status").running, false) check.equal(d.boots, 1)
print "done"
