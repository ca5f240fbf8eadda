-- status: 3
-- stderr: kernel-missing.lua:3: machine 'a': kernel 'no/such/vmlinuz' cannot be read: No such file or directory
qemu { name = "a", kernel = "no/such/vmlinuz" }
