-- What a record's test looks at: two machines, a network, faults, commands, a task, a reboot, an error.
local lan = network { name = "lan" }
local a = microvm { name = "a", net = { lan } }
local b = microvm { name = "b", net = { lan } }
local helper = process { "/bin/sh", "-c", "echo from the helper; exec sleep 1000", name = "helper" }
spawn(function() pcall(wait, a:output "never", { timeout = 600 }) end)
step("boot", function() wait.all { a:ready(), b:ready() } end)
lan:partition({ a }, { b })
lan:link(a, b):set { delay = 0.05 }
a:sh [[printf 'plain \033[31mred\033[0m\nprompt: ' >/dev/console]]
parallel { function() a:sh "sleep 0.5" end, function() a:sh "sleep 0.5" end }
a:fails "exit 3"
a:qmp "query-status"
b:freeze()
b:thaw()
a:reboot()
local timing = a.timing
assert(timing.boot == 2 and #timing.boots == 2, "boots")
wait(helper:output "from the helper")
if arg[1] == "wait" then
  print "ready"
  wait(600)
elseif arg[1] == "loop" then
  print "ready"
  while true do end
end
step("the end", function()
  b:sh "exit 7"
end)
