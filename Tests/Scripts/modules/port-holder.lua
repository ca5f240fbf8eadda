-- Holds a port, alone or through a QEMU, until it is ended.
local port, kind = tonumber(arg[1]), arg[2]
local vm = kind == "qemu" and microvm { ports = portmap { [80] = port } }
if vm then vm:qmp "query-status" else portmap { [80] = port } end
io.stdout:setvbuf "no"
print(io.open("/proc/self/stat"):read "n")
wait(100)
