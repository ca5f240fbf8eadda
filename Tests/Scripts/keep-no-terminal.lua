-- Nobody could press Ctrl-C.
-- options: --keep
-- status: 2
-- stderr: --keep stays until Ctrl-C, and there is no terminal here to press it: give --timeout too
print "unreached"
