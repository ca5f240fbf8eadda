-- vmscript.channel and vmscript.barrier.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local channel, barrier = require "vmscript.channel", require "vmscript.barrier"

-- Any value, in order; a full one makes its writers wait, in their order.
local c = channel { capacity = 2, name = "c" }
equal(tostring(c), "channel 'c'")
local key, f = {}, function() end
c:put(key) c:put(false) equal(#c, 2)
local puts = {}
for i = 1, 3 do puts[i] = spawn(function() c:put(f) c:put(i) end) end
wait(0.001)
equal(#c, 2) equal(c:take(), key) equal(c:take(), false)
local got = {}
for _ = 1, 6 do got[#got + 1] = tostring(c:take()) end
wait.all(puts)
local fs, text = tostring(f), table.concat(got, " ")
equal(select(2, text:gsub(fs, "")), 3) equal(text:gsub(fs .. " ?", ""), "1 2 3")

-- Workers: each value goes to one, all are served, the end is seen by all.
local jobs, results = channel { capacity = 4 }, channel()
local workers = {}
for i = 1, 5 do
  workers[i] = spawn(function()
    local count = 0
    for job in jobs:values() do
      if job % 10 == 0 then wait(0.001) end
      results:put(job * 2)
      count = count + 1
    end
    return count
  end)
end
for i = 1, 200 do jobs:put(i) end
jobs:close()
local counts, total = wait.all(workers), 0
for i = 1, 5 do total = total + counts[i] end
equal(total, 200) equal(#results, 200)
results:close()
local sum = 0
for v in results:values { timeout = 5 } do sum = sum + v end
equal(sum, 200 * 201) equal(results:take(), nil) equal(results:take(), nil)
raises("usage", "is closed: nothing can be put", results.put, results, 1)

-- As events; and nothing is lost to who did not get it after all.
local stop = channel()
local next_one = c:receive()
equal(wait.any { stop = stop:receive(), late = 0.01 }, "late")
c:put "one" c:put "two"
local which, value = wait.any { stop = stop:receive(), value = next_one }
equal(which, "value") equal(value, "one") equal(wait(next_one), "two")
c:put "kept"
raises("timeout", "a value from the channel of", wait.all, { c:receive(), stop:receive() }, { timeout = 0.01 })
equal(#c, 1) equal(c:take(), "kept")
c:put "first" c:put "second"
equal(wait.any { c:receive(), c:receive() }, 1) equal(c:take(), "second")
local taker = spawn(function() return c:take() end)
local patient = spawn(function() return c:take() end)
wait(0.001)
c:put "not lost"
taker:cancel()
equal(wait(patient), "not lost")
-- A writer that is cancelled puts nothing.
c:put(1) c:put(2)
local writer = spawn(function() c:put(3) end)
wait(0.001) writer:cancel()
raises("assertion", "was cancelled", wait, writer)
equal(c:take(), 1) equal(c:take(), 2)
raises("timeout", "after 0.01 s waiting for a value from channel 'c'", c.take, c, { timeout = 0.01 })
c:put(1) c:put(2)
raises("timeout", "waiting for room in channel 'c'", c.put, c, 3, { timeout = 0.01 })
do local scoped <close> = c end
raises("usage", "channel 'c' is closed", c.put, c, 1) equal(c:take(), 1) equal(c:take(), 2) equal(c:take(), nil)

-- Long queues, and many writers.
local long = channel { capacity = 20000 }
for i = 1, 20000 do long:put(i) end
for i = 1, 20000 do if long:take() ~= i then error(i) end end

-- A barrier: rounds; one that is cancelled breaks nobody.
local b, log = barrier(3), {}
local tasks = {}
for i = 1, 3 do
  tasks[i] = spawn(function()
    for round = 1, 3 do
      wait(i / 500)
      log[#log + 1] = ("before%d"):format(round)
      equal(b:arrive(), round)
      log[#log + 1] = ("after%d"):format(round)
    end
  end)
end
wait.all(tasks)
for i, text in ipairs(log) do
  equal(text, ((i - 1) // 3 % 2 == 0 and "before" or "after") .. (i - 1) // 6 + 1)
end
local gone = spawn(function() b:arrive() end)
wait(0.001)
raises("timeout", "1 more task to arrive at the barrier", b.arrive, b, { timeout = 0.01 })
gone:cancel()
raises("assertion", "was cancelled", wait, gone)
for i = 1, 3 do tasks[i] = spawn(function() return b:arrive() end) end
equal(wait.all(tasks)[3], 4)

raises("usage", "put wants a value; nil stands for the end", c.put, c)
raises("usage", "field 'capacity' wants a whole number from 1", channel, { capacity = 0 })
raises("usage", "channel has no field 'size'", channel, { size = 1 })
raises("usage", "no field 'timout'; did you mean 'timeout'?", c.take, c, { timout = 1 })
raises("usage", "wait cannot wait for a channel; wait for channel:receive()", wait, c)
raises("usage", "put wants a channel before it", c.put, 1)
raises("usage", "barrier wants the number of tasks that meet there, got 0", barrier, 0)
raises("usage", "got 'three'", barrier, "three")
raises("usage", "a barrier has no field 'wait'", function() return b.wait end)
print "done"
