-- Disks of every kind, in both kinds of machine; what they are made from never changes.
-- stdout: done
local check = require "modules.check"
local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))
local removed <close> = setmetatable({}, { __close = function() os.execute("rm -r " .. folder) end })
local function content(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end
local raw = folder .. "/raw.img"
do
  local file <close> = assert(io.open(raw, "wb"))
  file:write(("original "):rep(8), ("\0"):rep(1048576 - 72))
end
local before = content(raw)
assert(os.execute("qemu-img create -q -f qcow2 -b raw.img -F raw " .. folder .. "/top.qcow2 2M"))

local layered = disk { from = folder .. "/top.qcow2", boot = false }
local grown = disk { from = raw, size = "3M", boot = false, serial = "grown" }
local fixed = disk { from = raw, read_only = true, boot = false }
local cd = disk { from = raw, cdrom = true, boot = false }
local function first(vm, device) return vm:sh("head -c 8 /dev/" .. device) end
local function write(vm, device, text)
  vm:sh(("printf '%s' | dd of=/dev/%s conv=notrunc,fsync 2>/dev/null"):format(text, device))
end

local a = qemu { name = "a", disks = { layered, grown, fixed, cd }, memory = "256M" }
check.equal(first(a, "vda"), "original") check.equal(first(a, "vdb"), "original")
check.equal(first(a, "vdc"), "original") check.equal(first(a, "sr0"), "original")
check.equal(a:sh "cat /sys/block/vda/size /sys/block/vdb/size /sys/block/vdb/serial",
  "4096\n6144\ngrown")
check.equal(a:sh "cat /sys/block/vdc/ro", "1")
write(a, "vda", "changed ") write(a, "vdb", "changed ")
a:fails "dd if=/dev/zero of=/dev/vdc count=1"
-- The power goes; what the guest had flushed stays.
a:kill()
check.equal(content(raw), before)

-- On to a microvm, with the same disks and a throw-away copy.
local b = microvm { name = "b", disks = { layered, grown, fixed, cd } }
check.equal(first(b, "vda"), "changed ") check.equal(first(b, "vdb"), "changed ")
check.equal(first(b, "vdc"), "original") check.equal(first(b, "sr0"), "original")
check.raises("usage", "the disk from '" .. raw .. "' is in machine 'b'", qemu, { disks = { fixed } })
b:shutdown()
grown:save(folder .. "/saved.qcow2")
grown:save(folder .. "/saved", { format = "raw" })
check.equal(#content(folder .. "/saved"), 3 << 20)
check.equal(content(folder .. "/saved"):sub(1, 8), "changed ")

-- Its base is written to under it: the differences would be garbage.
local file = assert(io.open(raw, "r+b")) file:write "other" file:close()
check.raises("usage", { "'" .. raw .. "' has changed", "make the disk anew" }, qemu,
  { disks = { grown } })
check.raises("usage", "has changed", grown.save, grown, folder .. "/again")
print "done"
