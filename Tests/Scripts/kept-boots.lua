-- What a guest writes to its disk, its TPM and UEFI's variables is there after a reboot, and when the
-- machine boots again with another command line. The firmware uses the TPM too.
-- stdout: three boots
local check, tpm2 = require "modules.check", require "modules.tpm2"
local VARIABLE = "/sys/firmware/efi/efivars/Kept-2f8e1a52-6d2b-4c8e-9a6b-0d5f7c1e3b44"
local INDEX, NOTHING = 0x01500001, ("0"):rep(64)

local vm = qemu { name = "a", memory = "256M", firmware = uefi {}, tpm = tpm(),
  disks = { disk { size = "16M", serial = "data-1" } } }
local before = table.concat(vm:args(), " ")
check.equal(vm:sh "cat /sys/block/vda/serial", "data-1")

-- The firmware has measured what it ran, and left its log.
check.equal(vm:sh "cat /sys/class/tpm/tpm0/tpm_version_major", "2")
assert(tpm2.pcr(vm, 0) ~= NOTHING and tpm2.pcr(vm, 4) ~= NOTHING)
vm:sh "mount -t securityfs none /sys/kernel/security"
assert(#vm:read "/sys/kernel/security/tpm0/binary_bios_measurements" > 100)

vm:sh("printf '\\007\\000\\000\\000kept' >" .. VARIABLE)
vm:sh "printf 'on the disk' | dd of=/dev/vda bs=512 seek=100 conv=sync,fsync 2>/dev/null"
tpm2.define(vm, INDEX, 4)
tpm2.write(vm, INDEX, "safe")
check.equal(tpm2.pcr(vm, 16), NOTHING)
tpm2.extend(vm, 16, ("x"):rep(32))
assert(tpm2.pcr(vm, 16) ~= NOTHING)

local function verify()
  check.equal(vm:read(VARIABLE):sub(5), "kept")
  check.equal(vm:sh "dd if=/dev/vda bs=512 skip=100 count=1 2>/dev/null | head -c 11", "on the disk")
  check.equal(tpm2.read(vm, INDEX, 4), "safe")
  check.equal(tpm2.pcr(vm, 16), NOTHING)
end
vm:reboot()
verify()
check.equal(vm.boots, 2)
check.equal(table.concat(vm:args(), " "), before)

check.equal(vm:shutdown().reason, "poweroff")
vm:start { kernel = before:match "-kernel (%S+)", cmdline = "third=1" }
assert(vm:read("/proc/cmdline"):find("vmscript.name=a", 1, true))
assert(vm:read("/proc/cmdline"):find(" third=1", 1, true))
verify()

-- When the guest has been ready, a reboot that nobody asked for is an end.
vm:send "reboot\n"
check.raises("exited", "its guest rebooted", wait, vm:exited())
print "three boots"
