-- Ctrl-C while os.execute runs: the command goes too, with all that it started.
-- signal: INT
-- status: 130
-- stderr: execute-interrupt.lua:7: interrupted by SIGINT
-- stdout: closed
local x <close> = setmetatable({}, { __close = function() print("closed") end })
os.execute "echo ready; sleep 1000; echo not reached"
