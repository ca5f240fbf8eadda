-- status: 3
-- environment: TMPDIR=/proc/nowhere
-- stderr: no-temporary-folder.lua:5: there is no place for this run's temporary files: cannot make /proc/nowhere
-- stderr: TMPDIR can name another
microvm {}
