#!/usr/bin/env -S vmscript run
-- TCP between two machines over a link that is slow, far and lossy, and what it makes of that.

local lan = network { name = "lan" }
local server = microvm { name = "server", memory = "128M",
  net = { { lan, name = "lan", address = "10.0.0.1/24" } } }
local client = microvm { name = "client", memory = "128M",
  net = { { lan, name = "lan", address = "10.0.0.2/24" } } }
wait.all { server:ready(), client:ready() }

local size = 512 << 10
server:write("/www/file", ("x"):rep(size))
server:sh "httpd -h /www"
wait(server:port(80))

--- Seconds that the file takes, as the host sees it.
local function fetch()
  local started = now()
  local got = client:sh "wget -q -O - http://10.0.0.1/file | wc -c"
  assert(tonumber(got) == size, "of the file came " .. got .. " bytes")
  return now() - started
end

--- Seconds from the server to the client, by the switch's clock.
local function way()
  local match = { protocol = "icmp" }
  local sent = lan:frames { from = server, match = match }
  local arrived = lan:frames { from = server, to = client, match = match }
  client:sh "ping -c 1 10.0.0.1"
  return arrived:read().time - sent:read().time
end

fetch()
local plain = fetch()
print(("nothing asked for:   %d KiB in %.2f s"):format(size >> 10, plain))

local link = lan:link(server, client)
link:set { rate = "4mbit" }
local took = fetch()
local least = size * 8 / 4e6
print(("rate 4 Mbit/s:       %.2f s, of which the bytes alone need %.2f s"):format(took, least))
assert(took >= least * 0.98, "faster than the rate allows")

link:set { delay = 0.05 }
local there = way()
took = fetch()
print(("delay 50 ms:         %.1f ms from one to the other; %.2f s"):format(there * 1e3, took))
assert(there >= 0.05 and took >= plain, "sooner than the delay allows")

link:set { loss = 0.05 }
local before = link:counters()
took = fetch()
local after = link:counters()
local lost, all = after.lost - before.lost, after.judged - before.judged
print(("loss 5 %%:            %d of %d frames lost; %.2f s"):format(lost, all, took))
assert(lost > 0, "no frame was lost")

link:set { rate = "4mbit", delay = 0.02, loss = 0.01 }
took = fetch()
print(("all three:           %.2f s"):format(took))
assert(took >= least * 0.98, "faster than the rate allows")

link:reset()
print(("nothing asked again: %.2f s"):format(fetch()))
