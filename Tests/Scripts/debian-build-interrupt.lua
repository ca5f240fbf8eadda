-- Ctrl-C while an image is built: at once, and no half of it is left.
-- status: 130
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=@/bin:/usr/bin:/bin
-- signal: INT 1
-- stderr: debian-build-interrupt.lua:14: interrupted by SIGINT
-- stdout: nothing is left
require "modules.slow-build"
local images = os.getenv "XDG_CACHE_HOME" .. "/vmscript/images"
local finished <close> = setmetatable({}, { __close = function()
  -- Commands are ended too by now. A folder is removed only when it is empty.
  if os.remove(images .. "/.lock") and os.remove(images) then print "nothing is left" end
end })
require "vmscript.debian".image {}
