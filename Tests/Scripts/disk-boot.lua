-- A raw disk that boots by itself, and prints on the serial port. The image never changes.
-- stdout: hello from the boot sector
-- No interrupts: with them SeaBIOS still writes the rest of "Booting from Hard Disk..." in between.
local code = "\xfa\x31\xc0\x8e\xd8\xfc\xbe\x18\x7c\xba\xf8\x03"  -- ds = 0, si = text, dx = port
  .. "\xac\x84\xc0\x74\x03\xee\xeb\xf8"                      -- lodsb; test; jz; out; jmp
  .. "\xf4\xeb\xfd" .. "\x90"                                -- hlt; jmp
  .. "hello from the boot sector\r\n\0"
local image = code .. ("\0"):rep(510 - #code) .. "\x55\xaa" .. ("\0"):rep(1 << 20)
local path = os.tmpname()
local removed <close> = setmetatable({}, { __close = function() os.remove(path) end })
local file = assert(io.open(path, "wb")) file:write(image) file:close()
local vm = qemu { disks = { path }, agent = false, memory = "64M" }
print(vm:expect "hello from the boot sector")
vm:kill()
assert(io.open(path, "rb"):read "a" == image)
assert(not pcall(microvm, { disks = { path } }))
