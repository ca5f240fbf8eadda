-- A disk that is full while the timeline is written: said once, the run goes on, and what was told meanwhile
-- is written when there is room again.
-- scratch: 8M
-- status: 0
-- stdout: all there
-- stderr: this run's timeline cannot be written: No space left on device; the run goes on
-- not-stderr: lost
local home = os.getenv "XDG_STATE_HOME" .. "/vmscript/runs"
process { "/bin/true", may_exit = true }
local name
for line in io.popen(("ls '%s'"):format(home)):lines() do name = line end
local path = ("%s/%s/timeline.jsonl"):format(home, name)
local function text()
  local file <close> = assert(io.open(path))
  return file:read "a"
end
wait.eventually(function() return text():find '"run"' end)
local ballast = home .. "/ballast"
local file = assert(io.open(ballast, "w"))
while file:write(("x"):rep(4096)) and file:flush() do end
file:close()
for number = 1, 200 do step("step " .. number, function() end) end
wait(0.3)
assert(not text():find '"step 200"', "it was written on a full disk")
os.remove(ballast)
-- The disk is tried again each second.
wait.eventually(function() return text():find '"step 200"' end, { timeout = 30 })
local count = 0
for line in text():gmatch "[^\n]+" do
  local entry = json.decode(line)
  if entry.kind == "step" then count = count + 1 end
  assert(entry.kind ~= "lost", line)
end
assert(count == 400, count)
print "all there"
