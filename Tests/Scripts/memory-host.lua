-- A machine larger than the host.
-- status: 1
-- stderr: memory-host.lua:7: the host has not the memory that machine 'a' wants: give it less
-- stderr:     7 │ local vm = microvm { name = "a", memory = "100T" }
-- stderr: noticed at:
-- stderr: memory-host.lua:10 in main chunk
local vm = microvm { name = "a", memory = "100T" }
local ok, err = pcall(wait, vm:ready())
assert(not ok and err.kind == "memory", tostring(err))
error(err, 0)
