-- Nothing can be kept of this run: the first machine says so, and what to do. A script without machines
-- does not need it.
-- status: 3
-- environment: XDG_STATE_HOME=/proc/nowhere
-- stdout: a step without a record
-- stderr: no-state-folder.lua:9: this run's logs cannot be kept: cannot make /proc/nowhere
-- stderr: XDG_STATE_HOME can name another place
step("before", function() wait(0.01) print "a step without a record" end)
microvm {}
