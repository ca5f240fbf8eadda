-- The console in the terminal, twice, for AttachTests.
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
wait(vm:ready())
print "ready"
vm:attach()
print("left", vm:sh "echo 'and goes on'")
vm:attach()
print "over"
wait(vm:exited())
