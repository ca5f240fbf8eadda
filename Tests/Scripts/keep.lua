-- Without a terminal --keep ends with the run's time. There a console cannot be entered either.
-- options: --keep --timeout 4
-- status: 1
-- stderr: keep.lua:9: there is no terminal to attach machine 'a' to: standard input and standard error
-- stderr: vmscript: machine 'a' is kept, and all else of the run
-- stderr: Ctrl-C here, or --timeout 4, or kill
-- not-stderr: out of time
local vm <close> = microvm { name = "a" }
vm:attach()
