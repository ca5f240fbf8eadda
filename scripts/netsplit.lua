#!/usr/bin/env -S vmscript run
-- Three machines in a triangle. The third loses both its cables, and gets them back.

local ab, ba = socketpair { name = "a-b" }
local bc, cb = socketpair { name = "b-c" }
local ca, ac = socketpair { name = "c-a" }
local ports = portmap { 80 }

local started = now()
local a = microvm { name = "a", ports = ports, net = {
  { ab, name = "to_b", address = "10.0.1.1/24" }, { ac, name = "to_c", address = "10.0.3.1/24" } } }
local b = microvm { name = "b", net = {
  { ba, name = "to_a", address = "10.0.1.2/24" }, { bc, name = "to_c", address = "10.0.2.2/24" } } }
local c = microvm { name = "c", net = {
  { cb, name = "to_b", address = "10.0.2.3/24" }, { ca, name = "to_a", address = "10.0.3.3/24" } } }
wait.all { a:ready(), b:ready(), c:ready() }
local booted = now()
print("three machines are up")

local function ping(address) return "ping -c 1 -W 1 " .. address end
local function reaches(from, address)
  wait.eventually(function() return from:sh(ping(address)) end, { timeout = 60 })
end

local function everyone_reaches_everyone()
  reaches(a, "10.0.1.2") reaches(a, "10.0.3.3")
  reaches(b, "10.0.1.1") reaches(b, "10.0.2.3")
  reaches(c, "10.0.2.2") reaches(c, "10.0.3.1")
end

everyone_reaches_everyone()
print("each reaches each")

local splitting = now()
cb:unplug() ca:unplug()
reaches(a, "10.0.1.2") reaches(b, "10.0.1.1")
print("both of c's cables pulled: a and b still talk")
for _, address in ipairs { "10.0.2.2", "10.0.3.1" } do c:fails(ping(address)) end
print("c reaches nobody")
local split = now()

cb:plug() ca:plug()
everyone_reaches_everyone()
print("plugged back: each reaches each again")
local healed = now()

a:write("/www/index.html", "hello from a\n")
a:sh "httpd -h /www"
local http <close> = ports:dial(80)
http:write "GET /index.html HTTP/1.0\r\n\r\n"
assert(http:read("all"):find("hello from a", 1, true), "no greeting from a's HTTP server")
print(("the host reaches a's HTTP server on port %d"):format(ports[80]))

print(("booted in %.1f s, split in %.1f s, healed in %.1f s"):format(
  booted - started, split - splitting, healed - split))
