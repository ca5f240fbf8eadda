-- Fails inside of a function, for PromptTests.
local replicas = 2
local closer = setmetatable({}, { __close = function() print("closed with " .. answer) end })
local function check(vm, wanted)
  local _ <close> = closer
  local count = tonumber(vm:sh "echo 3")
  if count ~= wanted then
    error(("%d replicas, not %d"):format(count, wanted))
  end
end

local a <close> = microvm { name = "a" }
wait(a:ready())
pid = io.popen([[pgrep -P $PPID -f guest=a]]):read "n"
step("replicas", function()
  check(a, replicas)
end)
