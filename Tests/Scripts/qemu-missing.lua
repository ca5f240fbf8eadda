-- status: 3
-- stderr: qemu-missing.lua:4: machine 'microvm': 'qemu-system-nowhere'
-- stderr: apt-get install
microvm { qemu = "qemu-system-nowhere" }
