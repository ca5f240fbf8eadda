-- The same by SIGKILL.
-- status: -9
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=Tests/Fixtures/slow-apt:/usr/bin:/bin
-- signal: KILL 1
print "ready"
io.stdout:flush()
microvm {}
