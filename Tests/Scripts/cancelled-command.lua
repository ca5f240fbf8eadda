-- A cancelled task's command does not go on in the guest; one that was not sent yet never begins.
-- stdout: done
local vm = microvm { name = "a" }
local early = spawn(function() vm:sh "touch /tmp/early" end)
wait(0)
early:cancel()
local function sleeps() return vm:sh("ps"):find("sleep 77", 1, true) end
local long = spawn(function() vm:sh "sleep 77; touch /tmp/late" end)
wait.eventually(sleeps)
long:cancel()
wait.eventually(function() return not sleeps() end)
vm:fails "ls /tmp/early /tmp/late | grep ."
do
  local scoped <close> = spawn(function() vm:exec { "sleep", "77" } end)
  wait.eventually(sleeps)
end
wait.eventually(function() return not sleeps() end)
print "done"
