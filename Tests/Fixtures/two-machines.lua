-- Two machines with all that a run can leave behind: a cable, a TPM, ports. It is
-- run by those who end it at any moment; its arguments are the ports.
local left, right = socketpair()
local ports = portmap { { guest = 22, host = math.tointeger(arg[1]) } }
local more = portmap { { guest = 80, host = math.tointeger(arg[2]), protocol = "udp" } }
local a = microvm { name = "a", net = { left }, ports = ports }
local b = qemu { name = "b", net = { right }, tpm = tpm(), ports = more }
io.stdout:setvbuf "no"
print "started"
wait.all { a:ready(), b:ready() }
print "up"
wait(600)
