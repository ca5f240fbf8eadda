-- How near the faults of a link come to what was asked for, in frames that the script sends over
-- one cable and gets over another. Prints a figure a line.
local lan = network()
local function member(name)
  local mine, theirs = socketpair { name = name }
  return mine, lan:attach(theirs, { name = name })
end
local a, pa = member "a"
local b, pb = member "b"
local A, B, ALL = "\2\0\0\0\0\1", "\2\0\0\0\0\2", ("\xff"):rep(6)
local link = lan:link { from = pa, to = pb }
b:write(ALL .. B .. "\x88\xb5" .. ("\0"):rep(46))
a:read()
local function frame(bytes) return B .. A .. "\x88\xb5" .. ("\0"):rep(bytes - 14) end

--- Seconds of each of so many frames on their way, one at a time.
local function delays(count)
  local all, one = {}, frame(100)
  for i = 1, count do
    local sent = now()
    a:write(one)
    b:read()
    all[i] = now() - sent
  end
  table.sort(all)
  return all
end
local plain = delays(300)
link:set { delay = 0.02 }
local delayed = delays(300)
print("delay-median", delayed[150] - plain[150] - 0.02)
print("delay-p99", delayed[297] - plain[150] - 0.02)

-- What is lost is counted by the switch: nobody has to be as fast as it.
link:set { loss = 0.01 }
local count, one = 1000000, frame(60)
local before = link:counters()
for i = 1, count do
  a:write(one)
  -- The cable's queue is short, and a frame that meets a full one is lost before the link.
  if i % 100 == 0 then
    wait.eventually(function() return link:counters().judged - before.judged >= i end,
      { interval = 0.0002 })
  end
end
local lost = link:counters().lost - before.lost
print("loss-deviations", (lost - count * 0.01) / math.sqrt(count * 0.01 * 0.99))

-- 20 Mbit/s for a second, in full frames of which twice as many are sent.
link:set { rate = "20mbit", limit = "32K" }
local full = frame(1514)
local sender = spawn(function()
  while true do
    for _ = 1, 4 do a:write(full) end
    wait(4 * 1514 * 8 / 40e6)
  end
end)
-- Behind those that nobody has read yet.
repeat local arrived = b:read() until #arrived == 1514
for _ = 1, 100 do b:read() end
local started, frames = now(), 0
while now() - started < 2 do b:read() frames = frames + 1 end
print("rate-share", frames * 1514 * 8 / (now() - started) / 20e6)
sender:cancel()

-- From the call that sets a fault to the first frame that it meets.
local set = {}
for i = 1, 300 do
  local asked = now()
  link:set { loss = i % 2 }
  set[i] = now() - asked
end
table.sort(set)
print("set-median", set[150])
print("set-p99", set[297])
