-- A fixed port that is taken: by this script, by another run, by another run's QEMU.
-- status: 1
-- stdout: held
-- stderr: tcp port 18765 of 127.0.0.1 is in use: process
-- stderr: (qemu-system-x86) has it; end that, or map another host port
local check = require "modules.check"

local function holder(kind)
  local pipe = io.popen(("exec '%s' run %s 18765 %s"):format(os.getenv "VMSCRIPT",
    here "modules/port-holder.lua", kind))
  return pipe, pipe:read("n") or error("the holder failed", 2)
end

do
  local first = portmap { [80] = 18765 }
  check.equal(first[80], 18765)
  check.raises("connection", "another port map of this script has it", portmap, { [80] = 18765 })
  first = nil
  collectgarbage() collectgarbage()
end
local pipe, pid = holder "alone"
check.raises("connection", { "another run has it, process " .. pid .. " (",
  "modules/port-holder.lua 18765 alone)" }, portmap, { [80] = 18765 })
check.kill("TERM", pid) pipe:close()

portmap { 80, [81] = 18765 }
collectgarbage() collectgarbage()
print "held"
pipe, pid = holder "qemu"
local closing <close> = setmetatable({}, { __close = function()
  check.kill("TERM", pid) pipe:close()
end })
portmap { [80] = 18765 }
