-- What an image is built with is asked for before anything is built.
-- status: 3
-- environment: PATH=@
-- environment: XDG_CACHE_HOME=@/cache
-- stderr: an image is built with programs that are not on this host: sudo apt-get install
-- stderr: mmdebstrap
require "vmscript.debian".image {}
