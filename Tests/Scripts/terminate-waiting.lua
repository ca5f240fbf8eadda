-- SIGTERM during a wait, with a <close> handler that waits itself.
-- signal: TERM
-- status: 143
-- stderr: terminate-waiting.lua:10: interrupted by SIGTERM
-- stdout: closed after a wait
local x <close> = setmetatable({}, { __close = function()
  wait(0.05) print("closed after a wait")
end })
io.stdout:setvbuf "no" print "ready"
wait(100)
