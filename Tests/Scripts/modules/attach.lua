-- The console in the terminal, twice, for AttachTests.
io.stdout:setvbuf "no"
local vm = microvm { name = "a" }
wait(vm:ready())
-- What is typed before a shell reads is lost.
vm:expect "/root #"
print "ready"
vm:attach()
-- Standard input is the terminal, which reads by lines again.
print("left", vm:sh "echo 'and goes on'", (os.execute "stty -a | grep -q ' icanon'"))
vm:attach()
print "over"
wait(vm:exited())
