-- Nobody reads standard error, and the script is stuck writing to it: Ctrl-C ends the run all the same.
-- status: 130
-- unread: stderr
-- signal: INT 2
print "ready"
io.stdout:flush()
io.stderr:write(("x"):rep(1 << 20))
