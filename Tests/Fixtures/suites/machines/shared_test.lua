-- A machine of the file's is shared by its tests; what a test makes ends with it.
local ports = portmap { 80 }
local shared = microvm { name = "shared", ports = ports }
local own, port

test("makes a machine", function()
  port = 0
  local mine = portmap { 22 }
  port = mine[22]
  own = microvm { name = "own", ports = mine }
  spawn(function() wait(1000) end)
  process { "sleep", "1000" }
  assert(own:sh "hostname" == "own")
  shared:write("/left", "by the first")
end)

test("finds it ended", function()
  assert(not pcall(own.sh, own, "true"))
  assert(shared:read "/left" == "by the first")
  -- Its name and port are free.
  local again = microvm { name = "own", ports = portmap { [22] = port } }
  assert(again.name == "own" and again:sh "hostname" == "own")
end)

test("loses a machine", function()
  local doomed = microvm { name = "doomed" }
  doomed:sh "true"
  -- Nobody asked for that end, and nobody waits for it.
  doomed:spawn { "poweroff", "-f" }
  while pcall(doomed.sh, doomed, "true") do wait(0.01) end
  local seen = pcall(wait, doomed:exited())
  assert(seen ~= nil)
  error("after " .. shared:sh "cat /left")
end)

test("still has the shared one", function() assert(shared:read "/left" == "by the first") end)
