-- status: 1
-- stderr: unknown-field.lua:4: microvm has no field 'memry'; did you mean 'memory'?
-- stderr:     4 │ microvm { memry = "1G" }
microvm { memry = "1G" }
