-- status: 3
-- environment: PATH=@
-- stderr: swtpm
-- stderr: apt-get install swtpm
local chip = tpm()
qemu { qemu = "/usr/bin/qemu-system-x86_64", kernel = arg[0], tpm = chip }
