-- Seconds from microvm{} to its return, and to the first answered command.
local started = now()
local vm = microvm {}
local made = now()
vm:sh "true"
print(made - started, now() - started)
