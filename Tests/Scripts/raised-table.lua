-- What is raised and is no string is placed too.
-- status: 1
-- stderr: vmscript: Tests/Scripts/raised-table.lua:5: a table was raised as an error: { code = 7 }
-- stderr:     5 │ error { code = 7 }
error { code = 7 }
