-- A queue of values between tasks:
--
--     local jobs = require "vmscript.channel" { capacity = 10 }
--     jobs:put(value)                  waits while it is full
--     jobs:take()                      waits for a value; nil at the end
--     for value in jobs:values() do … end
--     wait.any { job = jobs:receive(), late = 5 }
--     jobs:close()
return require "internal.host".channel
