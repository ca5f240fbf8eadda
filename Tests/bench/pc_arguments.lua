-- The default guest's kernel, initramfs and kernel's command line for a PC, one a line.
local args = qemu { start = false }:args()
for i, word in ipairs(args) do
  if word == "-kernel" or word == "-initrd" or word == "-append" then print(args[i + 1]) end
end
