-- Ctrl-C while a script reads what a command prints.
-- signal: INT
-- status: 130
-- stderr: interrupted by SIGINT
-- stdout: ready
io.stdout:setvbuf "no" print "ready"
io.popen("sleep 1000; echo not reached"):read "a"
wait(1000)
