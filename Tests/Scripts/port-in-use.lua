-- A fixed port that is taken: who has it is said.
-- status: 1
-- stderr: port-in-use.lua:6:
-- stderr: in use
local first = portmap { [80] = 18765 }
local second = portmap { [80] = 18765 }
