-- A network's corners, between cables in the script's hand: what heals what, who is last to read, tags and copies.
-- stdout: done
local check = require "modules.check"
local lan = network { name = "lan" }
local function member(name, fields)
  local mine, theirs = socketpair { name = name }
  return mine, lan:attach(theirs, { name = name, vlan = fields and fields.vlan, trunk = fields and fields.trunk })
end
local EVERYBODY = ("\xff"):rep(6)
local function address(i) return "\2\0\0\0\0" .. string.char(i) end
local function frame(from, text) return EVERYBODY .. address(from) .. "\x88\xb5" .. text end
local a, pa = member "a"
local path = os.tmpname()
local capture = lan:capture(path)
a:write(frame(1, "alone"))
check.equal(capture:close(), 1)
check.raises("usage", "a file's path", lan.capture, lan, path .. "\0x")
capture = lan:capture(path)
check.raises("usage", "is being written for network 'lan'", function() network():capture(path) end)
capture:close() os.remove(path)

local b, pb = member "b"
local c, pc = member "c"
local cables = { a, b, c }
--- Who hears a's, b's and c's next broadcasts, as "ab" for "b hears a".
local function heard()
  local names, ways = { "a", "b", "c" }, {}
  for i in ipairs(cables) do cables[i]:write(frame(i, names[i])) end
  lan:counters()
  -- The last word is said when all can hear it.
  lan:heal()
  lan:inject(frame(9, "end"))
  for i, name in ipairs(names) do
    while true do
      local text = cables[i]:read():sub(15)
      if text == "end" then break end
      ways[#ways + 1] = text .. name
    end
  end
  table.sort(ways)
  return table.concat(ways, " ")
end
check.equal(heard(), "ab ac ba bc ca cb")
-- Two that were joined are in the partition no more; the next one is whole again.
lan:partition({ pa, pb }, { pc }) lan:heal(pa, pc)
check.equal(heard(), "ab ac ba ca")
lan:partition({ pa, pb }, { pc }) lan:heal(pa, pc) lan:partition({ pb, pc }, { pa })
check.equal(heard(), "bc cb")
lan:isolate({ pa, pb }) lan:heal(pa, pc)
check.equal(heard(), "ac ca")
lan:isolate({ pa, pb }) lan:heal(pa)
check.equal(heard(), "ac ca")
lan:isolate(pa) lan:heal(pa, pb) lan:isolate(pa)
check.equal(heard(), "bc cb")
lan:cut { from = pa, to = pb } lan:partition({ pa, pb, pc })
check.equal(heard(), "ac ba bc ca cb")
-- After a swizzle nothing is cut off, not even the script, which has a port here that is no member.
lan:swizzle { pause = 0 }
lan:inject(frame(9, "swizzled"))
for _, cable in ipairs(cables) do check.equal(cable:read():sub(15), "swizzled") end
-- A hold is not healed by joining two.
lan:hold(pa, pb) lan:partition({ pa }, { pb, pc }) lan:heal(pa, pb) lan:release(pa, pb)
check.equal(heard(), "ab ba bc cb")

-- Each impairment that was set last must have hit, and not one of those before.
local link = lan:link { from = pa, to = pb }
link:set { loss = 1 } heard()
link:check()
link:set({ delay = 0.001 }, { loss = 1, match = { protocol = "tcp" } }) heard()
check.raises("assertion", "impairment 2 of 2 that was set last on the link from a to b hit no frame", link.check, link)
link:reset()
check.raises("assertion", "impairment 2 of 2", link.check, link)

-- The end of frames ends their loop, and gives what came before it.
local frames = lan:frames { from = pa }
a:write(frame(1, "one")) a:write(frame(1, "two")) lan:counters()
local texts = {}
local reading = spawn(function() for each in frames do texts[#texts + 1] = each.bytes:sub(15) end end)
wait.eventually(function() return #texts == 2 end)
frames:close()
wait(reading)
check.equal(table.concat(texts, " "), "one two") check.equal(frames:read(), nil)
-- As many as a cable holds are there when it is asked.
local before = lan:counters().a.received
for _ = 1, 200 do a:write(frame(1, "many")) end
check.equal(lan:counters().a.received, before + 200)

-- A copy of a frame with a tag loses its own tag.
local ten, pten = member("ten", { vlan = 10 })
local trunk, ptrunk = member("trunk", { trunk = { 10 } })
lan:link { from = ptrunk }:set { duplicate = 1 }
local tagged = EVERYBODY .. address(8) .. "\x81\0\0\10\x88\xb5twice"
trunk:write(tagged)
check.equal(ten:read(), frame(8, "twice")) check.equal(ten:read(), frame(8, "twice"))
check.equal(lan:counters().trunk.invalid, 0)
lan:link { to = ptrunk }:set { duplicate = 1 }
ten:write(frame(7, "twice"))
for _ = 1, 2 do check.equal(trunk:read(), EVERYBODY .. address(7) .. "\x81\0\0\10\x88\xb5twice") end
check.equal(#lan:members(), 5) assert(pten.name == "ten")
print "done"
