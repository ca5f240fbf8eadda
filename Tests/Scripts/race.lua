-- race: the first to end wins; the others have ended, handlers and all, when it returns.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local log = {}
local function closing(name, seconds)
  return setmetatable({}, { __close = function() wait(seconds) log[#log + 1] = name end })
end
local function sleeper(name, seconds, ...)
  local results = table.pack(...)
  return function()
    local _ <close> = closing(name, 0.03)
    pcall(wait, seconds)
    return table.unpack(results, 1, results.n)
  end
end

local which, a, b, c = race { slow = sleeper("slow", 60), fast = sleeper("fast", 0.01, "x", nil, "z") }
equal(which, "fast") equal(a, "x") equal(b, nil) equal(c, "z")
equal(table.concat(log, " "), "fast slow")
equal(race { function() wait(9) end, function() return end }, 2)
-- Ties: positions, then names sorted.
equal(race { b = function() end, a = function() end, function() end }, 1)
equal(race { b = function() end, a = function() end }, "a")

-- A failure that comes first is raised, when the others have ended.
log = {}
local err = raises("assertion", "race.lua:29: boom", race, { sleeper("other", 60), function()
  error "boom" end })
equal(table.concat(log, " "), "other")
-- One that comes later does not matter, but what the losers' handlers fail of does.
equal(race { function() end, function() error "too late to count" end }, 1)
raises("assertion", "cannot clean up", race, { function() wait(0.01) end, function()
  local _ <close> = setmetatable({}, { __close = function() error "cannot clean up" end })
  wait(60)
end })
err = raises("assertion", "first", race, { function() wait(0.01) error "first" end, function()
  local _ <close> = setmetatable({}, { __close = function() error "second" end })
  wait(60)
end })
assert(err.notes[#err.notes]:find("^race '2' of .* failed too: .*second"))

-- parallel: the same care, and names.
log = {}
raises("assertion", "parallel.boom", parallel, { sleeper("p1", 60), sleeper("p2", 60), function()
  error "parallel.boom" end })
equal(table.concat(log, " "), "p1 p2")
local both = parallel { function() return 1 end, named = function() wait(0.01) return 2, 3 end }
equal(both[1], 1) equal(both.named, 2)
-- Two that fail at once are one failure, not one more for the script.
raises("assertion", "left", parallel, { function() error "left" end, function() error "right" end })
wait(0.01)

-- A cancelled race ends its own.
log = {}
local outer = spawn(function() race { sleeper("inner1", 60), sleeper("inner2", 60) } end)
wait(0.01) outer:cancel()
raises("assertion", "was cancelled", wait, outer)
equal(table.concat(log, " "), "inner1 inner2")
-- In each other.
equal(select(2, race { function() return (race { a = function() wait(9) end, b = function() end }) end,
  function() wait(9) end }), "b")

raises("usage", "race wants a table of functions, got nil", race)
raises("usage", "race wants at least one function", race, {})
raises("usage", "race wants functions, got number for 'x'", race, { x = 1 })
raises("usage", "positions without gaps, or names, not [4]", race, { print, [4] = print })
raises("usage", "parallel wants functions, got table for '1'", parallel, { {} })
print "done"
