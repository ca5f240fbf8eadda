-- What Lua's way into Swift and waits cost, five times each: name, seconds.
local function calls(count)
  local started, now, kind = now(), now, math.type
  for _ = 1, count do end
  local loop = now() - started
  started = now()
  for _ = 1, count do now() end
  print("call", (now() - started - loop) / count)
  started = now()
  for _ = 1, count do kind(1) end
  print("plain", (now() - started - loop) / count)
end

local function ready(count)
  local task = spawn(function() end)
  wait(task)
  local started = now()
  for _ = 1, count do wait(task) end
  print("task", now() - started)
  started = now()
  for _ = 1, count do wait(0) end
  print("zero", now() - started)
end

local function sleepers(count)
  local tasks, before = {}, os.clock()  -- the CPU of all threads
  for i = 1, count do tasks[i] = spawn(function() for _ = 1, 10 do wait(0.1) end end) end
  wait.all(tasks)
  print("sleep", os.clock() - before)
end

for _ = 1, 5 do
  calls(1000000)
  ready(100000)
  sleepers(1000)
end
