-- C code that never comes back is left behind at the second Ctrl-C.
-- signal: INT 2
-- status: 130
-- stderr: interrupted by SIGINT
io.stdout:setvbuf "no" print "ready"
string.find(("a"):rep(1000), (".-"):rep(30) .. "b")
