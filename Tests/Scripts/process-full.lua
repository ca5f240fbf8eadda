-- The host has no room for what a process writes: who reads it gets what was kept, and is told at once; the
-- process goes on.
-- scratch: 3M
-- stderr: this run's timeline cannot be written: No space left on device; the run goes on
-- stdout: done
local check = require "modules.check"
local p = process { "sh", "-c", "echo first; yes 0123456789 | head -c 11000000; echo end >&2; cat", name = "p" }
check.equal(p:read "line", "first")
check.raises("missing", { "the output of process 'p' cannot be read any further: its log '", "/stdout.log'",
  "No space left on device; make room there, or name another place by XDG_STATE_HOME" }, function()
  for line in p:lines() do assert(line == "0123456789", line) end
end)
while pcall(p.read, p) do end  -- the part of a line that is there
check.raises("missing", "No space left", p.read, p) check.raises("missing", "No space left", p.read, p, "all")
check.raises("missing", "No space left", wait, p:output "never")
p:finish()
check.equal(wait(p:exited()).code, 0)
check.raises("missing", "No space left", p.read, p, "line")
print "done"
