-- The guest's kernel panics; QEMU ends with status 0, and that is a failure.
-- status: 1
-- stdout: guest_panic	0
-- stderr: guest-panic.lua:12: the guest's kernel panicked in machine 'a': Kernel panic - not syncing: sysrq triggered crash
-- stderr:     12 │ local ok, err = pcall(wait, vm:output "never")
-- stderr: machine 'a' started at Tests/Scripts/guest-panic.lua:9; last lines of its console:
-- stderr: logs:
-- not-stderr: died unasked
local vm = microvm { name = "a" }
wait(vm:ready())
vm:send "echo c >/proc/sysrq-trigger\n"
local ok, err = pcall(wait, vm:output "never")
print(err.kind, err.code)
error(err, 0)
