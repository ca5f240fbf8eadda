-- A test with one machine, which ends by itself: a kernel that finds no root file system. With an
-- argument, its command to be run without vmscript.
local arguments = microvm { name = "guest", start = false }:args()
local kernel
for i, word in ipairs(arguments) do
  if word == "-kernel" then kernel = arguments[i + 1] end
end
local vm = microvm {
  kernel = kernel, cmdline = "console=ttyS0 quiet panic=-1", may_exit = true, start = false,
}
if arg[1] then
  print(vm:command())
else
  vm:start()
  pcall(wait, vm:exited())
end
