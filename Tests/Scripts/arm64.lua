-- A machine of another architecture: its UEFI's shell on the console, typing, and the usual end.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local program = "qemu-system-aarch64"
raises("usage", { "the default guest is for x86_64", "'qemu-system-aarch64' emulates aarch64" }, qemu,
  { qemu = program })
raises("usage", "QEMU's microvm is a machine of x86", microvm, { qemu = program, kernel = "/dev/null" })
raises("usage", "KVM on this host runs", qemu, { qemu = program, kernel = "/dev/null", accel = "kvm" })
raises("missing", "apt-get install qemu-system-ppc", qemu, { qemu = "qemu-system-ppc64le-none",
  kernel = "/dev/null" })

local vm = qemu { name = "arm", qemu = program, memory = "512M", user_net = false, firmware = "uefi" }
local args = " " .. table.concat(vm:args(), " ") .. " "
for _, text in ipairs { "-machine virt", "-cpu max", "-accel tcg", "virtio-serial-pci" } do
  assert(args:find(" " .. text:gsub("%-serial", "-serial"), 1, true) or args:find(text, 1, true), args)
end
equal(vm:qmp("query-target").arch, "aarch64")
vm:expect("UEFI firmware", { timeout = 100 })
vm:expect("Shell>", { timeout = 100 })
vm:send "echo le^\bft over\r"
vm:expect "over"
vm:send "reset -s\r"
equal(wait(vm:exited()).reason, "poweroff")

-- A variant of the board by a raw argument, which wins; and a board without PCI.
local own <close> = qemu { name = "own", qemu = program, user_net = false, "-machine",
  "virt,gic-version=3", "-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" }
equal(own:qmp("qom-get", { path = "/machine", property = "gic-version" }), "3")
local pi <close> = qemu { name = "pi", qemu = program, memory = "1G", cpus = 4, "-machine", "raspi3b",
  "-device", "loader,file=/dev/null,addr=0" }
assert(pi:qmp("qom-get", { path = "/machine", property = "type" }):find "^raspi3b")
assert(not table.concat(pi:args(), " "):find "pci")
print "done"
