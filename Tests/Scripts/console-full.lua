-- The host has no room for a console's log: who looks at that console is told at once; the guest goes on.
-- scratch: 3M
-- status: 3
-- stdout: seen
-- stdout: alive
-- stderr: the text of machine 'a' cannot be looked at any more: its log '
-- stderr: cannot be written: No space left on device; make room there, or name another place by XDG_STATE_HOME
local vm = microvm { name = "a",
  "-set", "chardev.console.mux=on", "-device", "virtserialport,chardev=console,name=fast" }
local port = "/dev/" .. vm:sh [[grep -l fast /sys/class/virtio-ports/*/name | cut -d/ -f5]]
vm:sh(("(echo 'it begins'; yes | head -c 10000000) >%s"):format(port))
-- What is in the log is found still.
wait(vm:output "it begins")
print "seen"
print(vm:sh "echo alive")
vm:expect "never"
