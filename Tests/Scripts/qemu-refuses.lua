-- QEMU refuses an argument: the constructor is blamed, with QEMU's words, and where it was noticed.
-- status: 1
-- stderr: qemu-refuses.lua:8: QEMU refused to start machine 'a': -device nonsense: 'nonsense' is not a valid device model name
-- stderr:     8 │ local vm = microvm { name = "a", "-device", "nonsense" }
-- stderr:   noticed at:
-- stderr:     Tests/Scripts/qemu-refuses.lua:9 in main chunk
-- not-stderr: called from
local vm = microvm { name = "a", "-device", "nonsense" }
wait(20)
