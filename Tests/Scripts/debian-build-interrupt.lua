-- Ctrl-C while an image is built: at once, and no half of it is left.
-- status: 130
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=@/bin:/usr/bin:/bin
-- signal: INT 1
-- stderr: debian-build-interrupt.lua:15: interrupted by SIGINT
-- stdout: nothing is left
local finished <close> = setmetatable({}, { __close = function()
  local pipe <close> = io.popen "ls \"$XDG_CACHE_HOME/vmscript/images\" 2>/dev/null"
  if pipe:read "a" == "" then print "nothing is left" end
end })
assert(os.execute [[cd "$TMPDIR" && mkdir bin && printf '#!/bin/sh\nexec sleep 100\n' \
  >bin/mmdebstrap && chmod 755 bin/mmdebstrap]])
print "ready" io.stdout:flush()
require "vmscript.debian".image {}
