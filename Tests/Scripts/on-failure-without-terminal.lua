-- Without a terminal a failure opens no prompt, and is reported as usual.
-- options: --on-failure repl
-- status: 1
-- stderr: vmscript: --on-failure repl: there is no terminal, and so no prompt
-- stderr: on-failure-without-terminal.lua:8: boom
-- stdout: closed
local _ <close> = setmetatable({}, { __close = function() print "closed" end })
error "boom"
