-- Ctrl-C while apt looks for a guest's packages: at once.
-- status: 130
-- environment: PATH=Tests/Fixtures/slow-apt:/usr/bin:/bin
-- signal: INT 1
-- stderr: guest-packages-interrupt.lua:8: interrupted by SIGINT
print "ready"
io.stdout:flush()
guest { packages = { "hello" } }
