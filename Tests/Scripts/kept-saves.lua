-- What was kept is saved when its machine has ended, and another machine goes on with copies.
-- stdout: read again
local check, tpm2 = require "modules.check", require "modules.tpm2"
local VARIABLE = "/sys/firmware/efi/efivars/Kept-2f8e1a52-6d2b-4c8e-9a6b-0d5f7c1e3b44"
local INDEX = 0x01500001
local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))
local removed <close> = setmetatable({}, { __close = function() os.execute("rm -r " .. folder) end })

local firmware, chip, data = uefi {}, tpm {}, disk { size = "16M" }
local a = qemu { name = "a", memory = "256M", firmware = firmware, tpm = chip, disks = { data } }
a:sh("printf '\\007\\000\\000\\000kept' >" .. VARIABLE)
a:sh "printf 'on the disk' | dd of=/dev/vda bs=512 seek=100 conv=sync,fsync 2>/dev/null"
tpm2.define(a, INDEX, 4)
tpm2.write(a, INDEX, "safe")
for what, resource in pairs { uefi = firmware, TPM = chip, disk = data } do
  check.raises("usage", { what, "is in machine 'a'", "saved when that has ended" }, resource.save,
    resource, folder .. "/early")
end
a:kill()
firmware:save(folder .. "/vars.fd")
chip:save(folder .. "/tpm")
data:save(folder .. "/data.qcow2")
data:save(folder .. "/data.img")
local image = assert(io.open(folder .. "/data.img", "rb"))
image:seek("set", 51200)
check.equal(image:read(11), "on the disk")
image:close()

local b = qemu { name = "b", memory = "256M", firmware = uefi { vars = folder .. "/vars.fd" },
  tpm = tpm { state = folder .. "/tpm" },
  disks = { disk { from = folder .. "/data.qcow2", boot = false } } }
check.equal(b:read(VARIABLE):sub(5), "kept")
check.equal(b:sh "dd if=/dev/vda bs=512 skip=100 count=1 2>/dev/null | head -c 11", "on the disk")
check.equal(tpm2.read(b, INDEX, 4), "safe")
print "read again"
