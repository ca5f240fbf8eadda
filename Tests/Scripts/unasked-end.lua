-- A machine that ended unasked fails the script at its end, though it waited for nothing more.
-- status: 1
-- stdout: the last line
-- stderr: machine 'a' powered off
-- stderr: machine 'a' started at Tests/Scripts/unasked-end.lua:7
-- stderr: logs:
local vm = microvm { name = "a" }
wait(vm:ready())
vm:send "poweroff\n"
-- Busy without a wait, until QEMU is gone.
repeat until os.execute "! pgrep -P $PPID qemu-system >/dev/null"
print "the last line"
