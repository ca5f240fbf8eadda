-- What links do to frames, set while frames run, between cables in the script's hand.
-- options: --seed 5
-- stdout: left: 1 2 3 4 5 8 9 11 12 13 15 17 18 20
-- stdout: done
local check = require "modules.check"
local lan = network { name = "lan" }
local function member(name)
  local mine, theirs = socketpair { name = name }
  return mine, lan:attach(theirs, { name = name })
end
local a, pa = member "a"
local b, pb = member "b"
local A, B = "\2\0\0\0\0\1", "\2\0\0\0\0\2"
local function frame(from, to, number)
  return to .. from .. "\x88\xb5" .. string.pack(">I4", number) .. ("\0"):rep(42)
end
-- The switch learns where both are.
a:write(frame(A, ("\xff"):rep(6), 0)) b:read()
b:write(frame(B, A, 0)) a:read()

--- The numbers of the frames that arrive when a sends so many, in their order.
local function arrivals(count)
  for i = 1, count do a:write(frame(A, B, i)) end
  lan:link(pa, pb):reset()
  a:write(frame(A, B, 9999))
  local got = {}
  repeat
    local number = string.unpack(">I4", b:read(), 15)
    got[#got + 1] = number
  until number == 9999
  got[#got] = nil
  return table.concat(got, " ")
end
local link = lan:link { from = pa, to = pb }

check.raises("assertion", "nothing befell a frame on the link from a to b: 1 passed, 0 of them", link.check, link)
link:set { loss = 1, first = 3 }
check.equal(arrivals(5), "4 5")
check.equal(link:check(), 3)
link:set { duplicate = 1 }
check.equal(arrivals(2), "1 1 2 2")
link:set { loss = 1, match = { protocol = "tcp" } }
check.equal(arrivals(2), "1 2")
link:set { loss = 1, match = { { protocol = "tcp" }, { type = 0x88b5, destination = "02:00:00:00:00:02" } } }
check.equal(arrivals(2), "")
-- Two layers: what the first leaves, the second halves.
link:set({ loss = 1, first = 2 }, { duplicate = 1 })
check.equal(arrivals(3), "3 3")
-- The same ones in each run with this seed.
link:set { loss = 0.5 }
print("left: " .. arrivals(20))
local function no(text, ...) check.raises("usage", text, link.set, link, ...) end
no("set wants impairments")
no("set wants a table of faults, as in { delay = 0.05, loss = 0.1 }, got 1", 1)
no("set has no field 'dleay'; did you mean 'delay'?", { dleay = 1 })
no("field 'loss' wants a number from 0 to 1, got 1.5", { loss = 1.5 })
no("field 'rate' wants a string with a unit, such as '10mbit' or '64kbit', got 0", { rate = 0 })
no("field 'delay' wants a number of seconds, got -1", {}, { delay = -1 })
no("field 'distribution' wants 'uniform', 'normal', 'pareto', 'paretonormal', got 'gauss'", { distribution = "gauss" })
print "done"
