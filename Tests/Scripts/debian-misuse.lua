-- Recipes that cannot be, and a guest without qemu-guest-agent.
-- stdout: done
local check = require "modules.check"
local debian = require "vmscript.debian"
local raises, image = check.raises, debian.image

raises("usage", "debian.image wants a table of fields, got string", image, "bookworm")
raises("usage", "debian.image has no field 'package'; did you mean 'packages'?", image,
  { package = {} })
raises("usage", "field 'packages' wants a table, got 'etcd'", image, { packages = "etcd" })
raises("usage", "field 'packages[1]' wants a package's name, got 'a b'", image,
  { packages = { "a b" } })
raises("usage", "field 'size' wants a size of 1G to 16T, such as '4G', got '3'", image,
  { size = "3" })
raises("usage", "field 'suite' wants", image, { suite = { } })
raises("usage", "files are named by their whole path in the image, got etc/x", image,
  { files = { ["etc/x"] = "" } })
raises("usage", "files[/x] wants either text or { from = path }", image,
  { files = { ["/x"] = { mode = "755" } } })
raises("usage", "has no field 'form'; did you mean 'from'?", image,
  { files = { ["/x"] = { form = "y" } } })
raises("missing", "cannot read '/no/such'", image, { files = { ["/x"] = { from = "/no/such" } } })
raises("usage", "'Al ice' is no name for a user", image, { users = { ["Al ice"] = {} } })
raises("usage", "field 'run[1]' wants a command", image, { run = { 1 } })

-- A boot sector that says nothing to anybody.
local path = os.tmpname()
local removed <close> = setmetatable({}, { __close = function() os.remove(path) end })
local file = assert(io.open(path, "wb"))
file:write("\xfa\xf4\xeb\xfd", ("\0"):rep(506), "\x55\xaa", ("\0"):rep(1 << 20)) file:close()
raises("usage", '"auto", "vmscript", "qga" or false', qemu, { disks = { path }, agent = "guest" })
for _, agent in ipairs { "qga", "auto" } do
  local vm <close> = qemu { disks = { path }, agent = agent, memory = "64M" }
  local err = raises("timeout", "waiting for the agent", wait, vm:ready(), { timeout = 0.5 })
  assert(table.concat(err.notes, "\n"):find(
    "nothing has opened org.qemu.guest_agent.0 in this boot: install qemu-guest-agent", 1, true))
  err = raises("timeout", "the agent of machine", vm.sh, vm, "true", { timeout = 0.2 })
  assert(table.concat(err.notes, "\n"):find("install qemu-guest-agent", 1, true))
end
print "done"
