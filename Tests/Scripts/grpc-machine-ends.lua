-- A machine that ends unasked fails the call that waits for its server.
-- status: 1
-- stderr: machine 'a' was killed by SIGKILL
-- stderr: waiting for a message of Shapes/Chat on port 7000
-- not-stderr: UNAVAILABLE
local check = require "modules.check"
local ports = portmap { 7000 }
local vm = microvm { name = "a", ports = ports }
vm:sh "nc -ll -p 7000 -e sleep 999 >/dev/null 2>&1 &" -- takes connections, and never answers
wait.eventually(function() return vm:sh "netstat -ltn | grep :7000" end)
local client = ports:grpc(7000, { proto = "Tests/Fixtures/Protos/shapes.proto" })
local chat = client:stream "Shapes/Chat"
chat:send {}
spawn(function() wait(0.2) check.kill("KILL", check.child "qemu-system-x86") end)
chat:read()
