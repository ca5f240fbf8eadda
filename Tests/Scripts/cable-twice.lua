-- A cable's end that a living machine has; and one that a machine is given twice.
-- status: 1
-- stdout: is given twice: use both ends of a cable, or another
-- stderr: cable-twice.lua:12: cable end 'cable.left' is in machine 'a': an end belongs to one machine at a time
-- stderr: 12 │ local b = microvm { name = "b", net = { left } }
-- not-stderr: last lines of its console
-- not-stderr: started at
local left, right = socketpair()
local _, err = pcall(microvm, { net = { left, left } })
print(err)
local a = microvm { name = "a", net = { left } }
local b = microvm { name = "b", net = { left } }
