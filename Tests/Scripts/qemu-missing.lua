-- status: 3
-- stderr: qemu-missing.lua:3: there is no 'qemu-system-nowhere' on this host: sudo apt-get install qemu-system-x86
microvm { qemu = "qemu-system-nowhere" }
