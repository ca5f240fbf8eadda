-- Ctrl-C while the default guest is made: at once, and no half of it is left.
-- status: 130
-- environment: XDG_CACHE_HOME=@/cache
-- environment: PATH=Tests/Fixtures/slow-apt:/usr/bin:/bin
-- signal: INT 1
-- stderr: guest-build-interrupt.lua:9: interrupted by SIGINT
print "ready"
io.stdout:flush()
microvm {}
