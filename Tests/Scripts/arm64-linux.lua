-- Linux on another architecture: Debian's arm64 kernel, with the console and the ends as usual.
-- stdout: done
local check = require "modules.check"
local equal = check.equal

local cache = os.getenv "XDG_CACHE_HOME" or os.getenv "HOME" .. "/.cache"
local folder = cache .. "/vmscript-test/arm64"
assert(os.execute(("'%s' '%s' >&2 2>/dev/null"):format(here "modules/arm64-guest.sh", folder)))
local vm = qemu { name = "arm", qemu = "qemu-system-aarch64", memory = "512M", agent = false,
  may_exit = true, kernel = folder .. "/kernel", initramfs = folder .. "/initramfs",
  cmdline = "quiet" }
for word, reason in pairs { poweroff = "poweroff", reboot = "reboot", panic = "panic" } do
  vm:expect "hello from aarch64"
  vm:send "something\n"
  vm:expect "you said: something"
  vm:send(word .. "\n")
  equal(wait(vm:exited()).reason, reason)
  if vm.boots < 3 then vm:start() end
end
equal(vm.boots, 3)
-- A reboot that is allowed starts the guest again.
local again = qemu { name = "again", qemu = "qemu-system-aarch64", memory = "512M", agent = false,
  reboot = true, kernel = folder .. "/kernel", initramfs = folder .. "/initramfs" }
again:expect "hello from aarch64"
again:send "reboot\n"
again:expect "hello from aarch64"
equal(again.boots, 2)
again:reset()
again:expect "hello from aarch64"
equal(again.boots, 3)
again:send "poweroff\n"
equal(wait(again:exited()).reason, "poweroff")
print "done"
