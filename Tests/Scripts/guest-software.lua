-- The default guest with packages, modules, files and users in it. Made before by the Makefile, since
-- that says something on standard error.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

-- dm-crypt wants dm-mod; virtio_net is there anyway; ext4 is built in.
local recipe = {
  packages = { "iproute2" }, modules = { "dm-crypt", "virtio_net", "ext4" }, users = { "service" },
  files = {
    ["/etc/service.conf"] = "one\0two",
    ["/usr/bin/probe"] = { text = "#!/bin/sh\necho probed as $(id -un)\n", mode = "755" },
    ["/usr/sbin/bridge"] = { text = "#!/bin/sh\necho mine\n", mode = "755" },  -- iproute2 has one
    ["/opt/deep/down"] = { from = here "modules/check.lua" },
  },
}
local g = guest(recipe)
equal(guest(recipe).initramfs, g.initramfs)
assert(guest { files = { ["/etc/other"] = "" } }.initramfs ~= g.initramfs)

raises("usage", "leave either 'guest' or 'kernel' out", microvm, { guest = g, kernel = "vmlinuz" })
raises("usage", "field 'memory' is too small: this guest needs '", microvm,
  { guest = g, memory = "96M" })

local left = socketpair()
local vm = microvm { name = "a", guest = g, net = { { left, name = "x", address = "10.0.0.1/24" } },
  disks = { disk { size = "1G", boot = true } } }
equal(vm:sh "hostname", "a")
assert(vm:sh("ip -json addr show x"):find('"local":"10.0.0.1"', 1, true), "iproute2's, not busybox's")
local loaded = vm:sh "cat /proc/modules"
assert(loaded:find "dm_crypt" and loaded:find "dm_mod", loaded)
equal(vm:read "/etc/service.conf", "one\0two")
equal(vm:sh "bridge", "mine")
equal(vm:sh "su service -c /usr/bin/probe", "probed as service")
equal(#vm:read "/opt/deep/down", #vm:exec({ "cat", "/opt/deep/down" }).stdout)
equal(vm:sh "stat -c '%a %u' /bin/probe /etc/service.conf", "755 0\n644 0")
vm:fails "test -e /usr/share/man"
equal(vm:shutdown().reason, "poweroff")
-- Another command line comes behind what the guest wants.
vm:start { cmdline = "again=1" }
assert(vm:sh("cat /proc/cmdline"):find "vmscript.net=.* again=1")
print "done"
