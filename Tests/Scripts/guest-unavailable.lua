-- No guest in the cache and no packages to be had.
-- status: 3
-- environment: XDG_CACHE_HOME=@/empty
-- environment: PATH=@
-- stderr: guest-unavailable.lua:7:
-- stderr: --kernel
microvm { qemu = "/usr/bin/qemu-system-x86_64" }
