-- status: 1
-- stderr: wrong-type.lua:3: microvm: field 'memory' wants a string with a unit, such as '512M' or '2G', got 512
microvm { memory = 512 }
