-- wait.all goes on behind the first of its times: the later ones, its time-out and a deadlock end it.
-- not-stderr: warning

local check = require "vmscript.check"
local channel = require "vmscript.channel" { name = "nobody's" }

local began = now()
wait.all { timer(0), timer(0.05), 0.1 }
check.truthy(now() - began >= 0.1)

local slow = spawn(function() wait(0.1) return "slow" end)
check.equal(wait.all({ slow, timer(0.02) })[1], "slow")

check.error(function() wait.all({ timer(30), timer(0) }, { timeout = 0.1 }) end, "timeout", "0.1 s")
check.error(function() within(0.1, wait.all, { timer(30), timer(0.01) }) end, "timeout", "within")
check.error(function() wait.all { channel:receive(), timer(0.05) } end, "usage", "deadlock")

-- As many as have letters sorted.
local many = {}
for i = 1, 200 do many[i] = timer(i / 2000) end
wait.all(many)

-- What is not a function where functions are wanted, and what can be called like one.
local nothing
check.error(function() parallel { print, nothing, print } end, "usage", "[2] is nil")
check.equal(wait.eventually(setmetatable({}, { __call = function() return 7 end })), 7)
