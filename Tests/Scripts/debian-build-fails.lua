-- A build that fails says why, and leaves nothing in the cache; nor does one that is interrupted.
-- status: 1
-- environment: XDG_CACHE_HOME=@/cache
-- stderr: the image debian-bookworm could not be built:
-- stderr: E:
-- stdout: nothing is left
local debian = require "vmscript.debian"
local recipe = { mirror = "http://127.0.0.1:9/none" }
local ok, err = pcall(debian.image, recipe)
assert(not ok and err.kind == "launch", tostring(err))
local pipe <close> = io.popen "ls \"$XDG_CACHE_HOME/vmscript/images\""
assert(pipe:read "a" == "")
print "nothing is left"
debian.image(recipe)
