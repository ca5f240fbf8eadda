-- Ctrl-C while os.execute runs: the command goes too.
-- signal: INT 2
-- status: 130
-- stderr: interrupted by SIGINT
io.stdout:setvbuf "no" print "ready"
os.execute "sleep 1000"
