-- Three machines on a switch: everybody talks, is cut off, isolated, held and healed; carrier; taps.
-- stdout: done
local check = require "modules.check"
local lan = network { name = "lan" }
local machines = {}
for i, name in ipairs { "a", "b", "c" } do
  machines[i] = microvm { name = name, memory = "128M", net = {
    { lan, name = "lan", address = ("10.0.0.%d/24"):format(i) } } }
end
local a, b, c = table.unpack(machines)
wait.all { a:ready(), b:ready(), c:ready() }

local function ping(i) return ("ping -c 1 -W 1 10.0.0.%d"):format(i) end
local function reaches(from, ...)
  for _, to in ipairs { ... } do wait.eventually(function() return from:sh(ping(to)) end) end
end
--- None of these pairs of a machine and a number has an answer. At once, as each takes a second.
local function misses(...)
  local tries = {}
  for i, pair in ipairs { ... } do tries[i] = function() pair[1]:fails(ping(pair[2])) end end
  parallel(tries)
end

reaches(a, 2, 3) reaches(b, 3)
assert(lan:link(a, b):counters().passed >= 2)

lan:partition({ a, b }, { c })
reaches(a, 2) misses({ a, 3 }, { c, 2 })
check.equal(a:sh "cat /sys/class/net/lan/carrier", "1")
assert(lan:link(a, c):counters().cut > 0)
lan:partition({ b, c })
reaches(b, 3) misses({ a, 2 }, { a, 3 })
lan:heal() reaches(a, 2, 3)
lan:isolate(b) reaches(a, 3) misses { a, 2 }
lan:heal(a, b) reaches(a, 2) misses { b, 3 }
lan:heal()

-- One way: the question arrives, the answer does not.
reaches(a, 2)
lan:cut { from = b, to = a }
local asked = lan:frames { from = a, to = b }
misses { a, 2 }
check.equal(asked:read().from, "a")
lan:heal()

-- Held frames are late, not lost.
reaches(a, 2)
lan:hold(a, b)
local pinging = spawn(function() return a:sh "ping -c 1 -W 60 10.0.0.2" end)
wait.eventually(function() return lan:link { from = a, to = b }:counters().held > 0 end)
lan:release()
assert(wait(pinging):find "1 packets received")

-- Carrier: what a partition leaves alone.
lan:unplug(a)
wait.eventually(function() return a:sh "cat /sys/class/net/lan/carrier" == "0" end)
check.equal(b:sh "cat /sys/class/net/lan/carrier", "1")
lan:plug(a) reaches(a, 2)

-- A frozen machine's carrier goes when it is thawed, and nobody waits for that.
b:freeze() lan:unplug(b) misses { a, 2 } b:thaw()
wait.eventually(function() return b:sh "cat /sys/class/net/lan/carrier" == "0" end)
lan:plug(b) reaches(a, 2)

-- The script on the network: a question for a's address, asked and answered.
local function mac(text) return (text:gsub("%x%x:?", function(x) return string.char(tonumber(x:sub(1, 2), 16)) end)) end
local own = "02:00:00:00:00:09"
local question = mac "ff:ff:ff:ff:ff:ff" .. mac(own) .. "\8\6\0\1\8\0\6\4\0\1" .. mac(own) .. "\10\0\0\9" ..
  ("\0"):rep(6) .. "\10\0\0\1" .. ("\0"):rep(18)
local answers = lan:frames { from = a }
lan:inject(question)
for frame in answers do
  if frame.type == 0x806 and frame.destination == own then
    check.equal(frame.source, a:sh "cat /sys/class/net/lan/address")
    break
  end
end
answers:close()

-- A cable joins it: the script, or a process, at the other end.
local mine, theirs = socketpair { name = "plug" }
local port = lan:attach(theirs, { name = "probe" })
check.equal(port.name, "probe")
mine:write(question)
repeat local frame = mine:read() until frame:sub(13, 14) == "\8\6" and frame:sub(1, 6) == mac(own)
assert(lan:counters().probe.received == 1)

-- A process at a port: a datagram socket of frames.
local plug, socket = socketpair { name = "process" }
lan:attach(plug)
local heard = lan:frames { to = a, match = { type = 0x88b5 } }
local frame = mac "ff:ff:ff:ff:ff:ff" .. mac(own) .. "\x88\xb5from a process"
local escaped = frame:gsub(".", function(x) return ("\\%03o"):format(x:byte()) end)
process { "sh", "-c", "printf \"$2\" >&$1", "sh", socket, escaped }
check.equal(heard:read().bytes:sub(15), "from a process")
heard:close()

-- A machine that dies and comes again is on the network again, and still cut off.
lan:isolate(c)
c:kill() c:start() wait(c:ready())
misses { c, 1 } lan:heal() reaches(c, 1)
print "done"
