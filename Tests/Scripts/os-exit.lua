-- os.exit ends the run, its machines and files at once, with its status.
-- status: 7
-- stdout: before
local vm = qemu { kernel = arg[0], start = false }
io.write("before\n")
os.exit(7)
