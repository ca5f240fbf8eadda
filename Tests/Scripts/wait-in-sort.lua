-- status: 1
-- stderr: wait-in-sort.lua:4: cannot wait here
-- stderr: table.sort
table.sort({ 2, 1 }, function(a, b) wait(0.01) return a < b end)
