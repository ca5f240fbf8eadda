-- All memory used up by small things that are still in use: there is enough left to say so.
-- status: 1
-- limit: 500000
-- stderr: not enough memory
local all = {}
while true do all[#all + 1] = { #all } end
