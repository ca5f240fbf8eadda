-- Much text on a console: "arguments" prints what its machine runs as, one a line; "run" prints the
-- seconds from typing the command that makes it to the match at its end, five times. A second way onto
-- the console is faster than the guest's terminal, so that the guest is not what is measured.
local vm = microvm { name = "a", start = arg[1] == "run",
  "-set", "chardev.console.mux=on", "-device", "virtserialport,chardev=console,name=fast" }
if arg[1] == "arguments" then
  for _, argument in ipairs(vm:args()) do print(argument) end
  return
end
local prepare, flood = arg[2], arg[3]
vm:expect "# "
-- What is typed goes to one of the two, which this changes (qemu's mux): now it is the terminal.
vm:send({ "ctrl-a" }, "c")
vm:send(prepare, { "enter" })
vm:expect "prepared"
for _ = 1, 5 do
  local started = now()
  vm:send(flood, { "enter" })
  vm:expect(pattern "the end: (%d+)")
  print("ours", now() - started)
end
