-- A kernel and an initramfs of the user's own, without an agent: the console tells.
-- status: 1
-- stdout: booted with word=1
-- stderr: own-kernel.lua:19: machine 'pc' was made with agent = false: there is nobody to ask in the guest
local guest = {}
local pipe <close> = io.popen("'" .. os.getenv "VMSCRIPT" .. "' guest")
for line in pipe:lines() do
  local name, path = line:match "^(%l+): (.*)"
  guest[name] = path
end
local tail = "word=1 vmscript.name=own"
local vm = microvm { kernel = guest.kernel, initramfs = guest.initramfs, agent = false,
  cmdline = tail }
local pc = qemu { name = "pc", kernel = guest.kernel, initramfs = guest.initramfs, agent = false,
  cmdline = "console=ttyS0 " .. tail, memory = "256M" }
wait.all { vm:output "# ", pc:output "# " }
vm:send "cat /proc/cmdline\n" pc:send "uname -n; exit\n"
print("booted with " .. vm:expect "word=1") pc:expect "own"
pc:sh "true"
