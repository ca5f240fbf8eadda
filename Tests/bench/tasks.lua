-- CPU seconds of a wait of all threads, with 1,000 tasks and with 10,000, 100 waits each: name, seconds.
local channel, barrier = require "vmscript.channel", require "vmscript.barrier"
local WAITS = 100

local function measure(name, count, body)
  collectgarbage()
  local tasks, before = {}, os.clock()
  for i = 1, count do tasks[i] = spawn(body, i) end
  wait.all(tasks, { timeout = math.huge })
  print(name .. count, (os.clock() - before) / (count * WAITS))
end

for _ = 1, 2 do
  for _, count in ipairs { 1000, 10000 } do
    measure("sleep", count, function(i)
      for _ = 1, WAITS do wait(0.001 + i % 100 / 10000) end
    end)
    -- All stand in one line, half to put and half to take.
    local c = channel { capacity = 1 }
    measure("channel", count, function(i)
      for _ = 1, WAITS do if i % 2 == 0 then c:put(i) else c:take() end end
    end)
    local b = barrier(count)
    measure("barrier", count, function()
      for _ = 1, WAITS do b:arrive() end
    end)
  end
end
