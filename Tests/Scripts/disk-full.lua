-- The host has no room for what a guest writes. QEMU stops the guest and says nothing: here the wait
-- fails at once, and says where room is wanted.
-- scratch: 24M
-- status: 1
-- stdout: exited
-- stderr: disk-full.lua:10: a write of disk0 of machine 'a' failed on the host: No space left on device
-- stderr: make room there) while waiting for console text 'never'
local vm = microvm { name = "a", disks = { disk { size = "64M" } } }
spawn(pcall, vm.sh, vm, "dd if=/dev/urandom of=/dev/vda bs=1M count=64")
local ok, err = pcall(wait, vm:output "never")
print(err.kind)
error(err, 0)
