-- A script from standard input has source lines too.
-- status: 1
-- run as: stdin
-- stderr: vmscript: stdin:6: no more
-- stderr:     6 │ error "no more"
error "no more"
