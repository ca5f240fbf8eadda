-- A mmdebstrap that takes long, before the real one in PATH, and a "ready" when a build has begun.
assert(os.execute [[mkdir "$TMPDIR/bin" && cd "$TMPDIR/bin" &&
printf '#!/bin/sh\nexec sleep 100\n' >mmdebstrap && chmod 755 mmdebstrap]])
-- Its output is the script's.
return io.popen([[until ls -d "$XDG_CACHE_HOME"/vmscript/images/.building-* >/dev/null 2>&1; do
sleep 0.05; done; echo ready]], "w")
