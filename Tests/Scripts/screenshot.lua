-- A screenshot is a PNG file, whole or not there; a machine without a display says so.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local path = os.tmpname()
local function read() local file <close> = assert(io.open(path, "rb")) return file:read "a" end
local vm = qemu { name = "a", user_net = false, "-device", "VGA" }
wait(vm:ready())
for _, name in ipairs { path, ("../"):rep(20) .. path:sub(2) } do
  vm:screenshot(name)
  local png = read()
  equal(png:sub(1, 8), "\x89PNG\r\n\x1a\n") equal(png:sub(13, 16), "IHDR")
  local width, height, depth, colour = string.unpack(">I4I4BB", png, 17)
  assert(width >= 320 and width <= 4096 and height >= 200 and height <= 4096, width .. "x" .. height)
  equal(depth, 8) equal(colour, 2)
  equal(png:sub(-8), "IEND\xae\x42\x60\x82")
  io.open(path, "w"):close()
end
raises("missing", "cannot write '/no/such/folder/a.png': No such file or directory", vm.screenshot,
  vm, "/no/such/folder/a.png")
raises("usage", "'/proc' is there and is no regular file", vm.screenshot, vm, "/proc")
raises("usage", "path of a PNG file, got no value", vm.screenshot, vm)
vm:freeze()
raises("timeout", "0.1 s waiting for a screenshot", vm.screenshot, vm, path, { timeout = 0.1 })
vm:thaw()
equal(read(), "")
wait.eventually(function() return io.popen("ls " .. path .. ".* 2>&1"):read "a":find "No such file" end)
vm:kill()
raises("exited", "was ended by this script", vm.screenshot, vm, path)
for text, machine in pairs {
  ["give it one with \"-device\", \"VGA\""] = qemu { user_net = false },
  ["a microvm has no bus for one"] = microvm { user_net = false },
} do
  local err = raises("usage", "has no display to take a screenshot of: " .. text, machine.screenshot,
    machine, path)
  equal(err.machine, machine.name)
end
os.remove(path)
print "done"
