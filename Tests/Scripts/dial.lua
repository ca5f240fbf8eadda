-- Connections to a guest's ports: bytes, lines, half-closes, writes that wait, peers that vanish.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local ports = portmap { 7, 9, 80, 81, 8080, { guest = 53, protocol = "udp" } }
raises("connection", "no running machine has the port map that leads to port 7", ports.dial, ports, 7)
raises("usage", { "port 53 is mapped for UDP", "127.0.0.1:" .. ports[53] }, ports.dial, ports, 53)
raises("usage", "got 8; mapped: 7, 9, 80, 81, 8080", ports.dial, ports, 8)
local vm = microvm { name = "a", ports = ports }
wait(vm:ready())
-- Nobody listens: QEMU's network accepts for the guest all the same, and then ends it.
equal(ports:dial(9):read(), nil)

local function serve(port, program)
  vm:sh(("nc -ll -p %d -e %s </dev/null >/dev/null 2>&1 &"):format(port, program))
  equal(wait(vm:port(port)), port)
end
serve(7, "cat")
local echo <close> = ports:dial(7)
equal(tostring(echo), "connection to port 7 of machine 'a'")
echo:write "one\ntwo\n\nthree"
equal(echo:read "line", "one") equal(echo:read(2), "tw") equal(echo:read "line", "o")
equal(echo:read "line", "")
wait.eventually(function() return wait(echo) == 5 end)
local which, count = wait.any { data = echo, died = vm:exited() }
equal(which, "data") equal(count, 5)
raises("timeout", "0.1 s waiting for something to read from the connection to port 7 of machine 'a'",
  echo.read, echo, "line", { timeout = 0.1 })
local started = now()
raises("timeout", "of trying", wait.eventually, function() echo:read "line" end, { timeout = 0.2 })
raises("timeout", "the end", wait, vm:exited(), { timeout = 0.01 })
assert(now() - started < 5, "the reads inside wait.eventually are limited by it")
raises("usage", "shutdown ends writing", echo.shutdown, echo, "read")
echo:shutdown "write"
equal(echo:read "all", "three") equal(echo:read(), nil) equal(echo:read "line", nil)
equal(echo:read "all", "") equal(wait(echo), 0)
raises("usage", "was shut for writing", echo.write, echo, "x")
echo:close() echo:close()
raises("usage", "was closed by the script", echo.read, echo)
raises("usage", "was closed by the script", echo.write, echo, "x")
raises("usage", "was closed by the script", wait, echo)

-- Many lines, and a close right behind a write that is not out yet.
serve(9, "seq 1 50000")
local lines = 0
for line in ports:dial(9):lines { timeout = 60 } do
  lines = lines + 1
  if line ~= tostring(lines) then error(("line %d is %s"):format(lines, line)) end
end
equal(lines, 50000)
serve(80, "sh -c 'wc -c >/tmp/count'")
local much = ports:dial(80)
much:write(("x"):rep(3000000)) much:close()
wait.eventually(function() return vm:sh "cat /tmp/count" == "3000000" end)

-- What libraries make of the port's number.
vm:write("/srv/page", "hello\n")
vm:sh "httpd -p 8080 -h /srv"
wait(vm:port(8080))
local url = ("http://127.0.0.1:%d/page"):format(ports[8080])
local curl <close> = io.popen("curl --silent --fail " .. url)
equal(curl:read "a", "hello\n")
equal(require "socket.http".request(url), "hello\n")

-- A peer that does not read: the writer waits, and little is kept for it.
serve(81, "sleep 1000")
local full = ports:dial(81)
raises("timeout", { "0.3 s waiting for the connection to port 81 of machine 'a' to take 40000000 bytes",
  "the other side does not read", "bytes still wait" },
  full.write, full, ("x"):rep(40000000), { timeout = 0.3 })
raises("timeout", "nothing of it was sent", full.write, full, "y", { timeout = 0.1 })

-- A connection that ends with its machine, and another boot's.
local last = ports:dial(7)
last:write "still there\n" equal(last:read "line", "still there")
local reader = spawn(pcall, last.read, last)
wait(0.05)
vm:kill()
local ok, err = wait(reader)
assert(not ok) equal(err.kind, "connection") equal(err.machine, "a")
equal(err.message, "the connection to port 7 of machine 'a' ended with its QEMU")
raises("connection", "ended with its QEMU", last.write, last, "x")
raises("connection", "no running machine has the port map", ports.dial, ports, 7)
vm:start()
local early = ports:dial(7)
raises("timeout", "something to read", early.read, early, 1, { timeout = 0.01 })
vm:kill()
print "done"
