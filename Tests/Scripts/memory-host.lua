-- A machine larger than the host.
-- status: 1
-- stderr: memory-host.lua:6: machine 'a' wants 100T of memory, and
-- stderr: give it less
-- stderr:     6 │ microvm { name = "a", memory = "100T" }
microvm { name = "a", memory = "100T" }
