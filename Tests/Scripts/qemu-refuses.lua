-- QEMU refuses an argument: the constructor is blamed, with QEMU's words.
-- status: 1
-- stderr: qemu-refuses.lua:6: QEMU refused to start machine 'a'
-- stderr: 'nonsense' is not a valid device model name
-- stderr:     6 │ local vm = microvm { name = "a", "-device", "nonsense" }
local vm = microvm { name = "a", "-device", "nonsense" }
wait(20)
