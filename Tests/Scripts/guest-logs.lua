-- When a script fails, the kernel's messages are fetched from the guests that live and answer; not from
-- one that stands still, which costs no more than some seconds, and not from one that has no agent.
-- status: 1
-- stderr: fetched from machine 'a': dmesg.log
-- not-stderr: fetched from machine 'b'
-- not-stderr: fetched from machine 'c'
-- not-stderr: journal.log
-- stdout: failing
local a, b = microvm { name = "a" }, microvm { name = "b" }
microvm { name = "c", agent = false }
wait.all { a:ready(), b:ready() }
b:freeze()
print "failing"
error "on purpose"
