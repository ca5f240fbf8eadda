-- A check that does not come true in time says what was not so, where, and not that time has passed.
-- status: 1
-- stderr: vmscript: Tests/Scripts/eventually-report.lua:13: the leader: got "follower", expected "leader", still after 0.2 s of trying (
-- stderr:    13 │ check.equal(role(), "leader", "the leader")
-- stderr:   noticed at:
-- stderr:     Tests/Scripts/eventually-report.lua:17 in main chunk
-- not-stderr: timed out
local check = require "vmscript.check"

local function role() return "follower" end

local function leads()
  check.equal(role(), "leader", "the leader")
  return true
end

wait.eventually(leads, { timeout = 0.2 })
