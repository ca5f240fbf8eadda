-- The same by SIGKILL: no process of the build lives on.
-- status: -9
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=@/bin:/usr/bin:/bin
-- signal: KILL 1
assert(os.execute [[cd "$TMPDIR" && mkdir bin && printf '#!/bin/sh\nexec sleep 100\n' \
  >bin/mmdebstrap && chmod 755 bin/mmdebstrap]])
print "ready" io.stdout:flush()
require "vmscript.debian".image {}
