-- The same by SIGKILL: no process of the build lives on.
-- status: -9
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=@/bin:/usr/bin:/bin
-- signal: KILL 1
require "modules.slow-build"
require "vmscript.debian".image {}
