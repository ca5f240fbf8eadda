-- Impairments between two machines: delay, loss, matches, one direction; captured, counted, reset.
-- stdout: done
local check = require "modules.check"
local lan = network { name = "lan" }
local a = microvm { name = "a", memory = "128M", net = { { lan, name = "lan", address = "10.0.0.1/24" } } }
local b = microvm { name = "b", memory = "128M", net = { { lan, name = "lan", address = "10.0.0.2/24" } } }
wait.all { a:ready(), b:ready() }

local function ping(count)
  local text = a:sh(("ping -q -i 0.2 -W 1 -c %d 10.0.0.2 || true"):format(count))
  return tonumber(text:match "(%d+) packets received")
end
wait.eventually(function() return ping(1) == 1 end)

--- Seconds that a ping took from one to the other, by the switch's clock.
local function took(from, to)
  local match = { protocol = "icmp" }
  local left, arrived = lan:frames { from = from, match = match }, lan:frames { from = from, to = to, match = match }
  check.equal(ping(1), 1)
  return arrived:read().time - left:read().time
end

local path = os.tmpname()
local capture = lan:capture(path)
local link = lan:link(a, b)
link:set { delay = 0.15 }
assert(took(a, b) >= 0.15) assert(took(b, a) >= 0.15)
lan:link { from = a, to = b }:set {}
assert(took(a, b) < 0.15) assert(took(b, a) >= 0.15)
link:set { loss = 1, match = { protocol = "icmp" } }
check.equal(ping(2), 0)
a:write("/www/x", "over tcp") a:sh "httpd -h /www"
check.equal(b:sh "wget -q -O - http://10.0.0.1/x", "over tcp")
-- b may ask a nothing, and answer what a asks.
b:write("/www/x", "an answer") b:sh "httpd -h /www"
link:reset()
local back = lan:link { from = b, to = a }
back:set { refuse_openings = true }
b:fails "nc -w 1 10.0.0.1 80 </dev/null"
check.equal(a:sh "wget -q -O - http://10.0.0.2/x", "an answer")
check.equal(ping(1), 1)
b:fails "ping -c 1 -W 1 10.0.0.1"
assert(back:counters().refused >= 2)
link:reset()
link:set({ loss = 1, first = 2, match = { protocol = "icmp" } }, { duplicate = 1, match = { protocol = "icmp" } })
ping(4)
local counters = link:counters()
assert(counters.lost >= 4 and counters.duplicated > 0 and counters.delayed >= 3, json.encode(counters))
link:reset()
local before = link:counters().hits
check.equal(ping(3), 3) check.equal(link:counters().hits, before)
lan:link(b):set { loss = 1 }
check.equal(ping(1), 0)
lan:link(b):reset()
check.equal(ping(1), 1)
lan:partition({ a }) check.equal(ping(1), 0) lan:heal()

assert(capture:close() > 20)
local file <close> = assert(io.open(path, "rb"))
local bytes = file:read "a"
os.remove(path)
for _, text in ipairs { "to b: delayed by 15", "to b: passed", "dropped: loss, by impairment 1", "dropped: partition" } do
  assert(bytes:find(text, 1, true), "the capture does not say '" .. text .. "'")
end
print "done"
