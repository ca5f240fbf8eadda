-- Seconds until so many machines, started together, have all answered. "arguments" prints what each
-- runs as, one argument a line.
local cluster = require "vmscript.cluster"
local count, fields = tonumber(arg[1]), { memory = "128M" }
if arg[2] == "arguments" then
  fields.start = false
  for _, argument in ipairs(microvm(fields):args()) do print(argument) end
else
  local started = now()
  local nodes = cluster.boot { count = count, machine = fields }
  wait(nodes:ready())
  print("ready", now() - started)
end
