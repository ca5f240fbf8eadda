-- Forbidden texts and patterns, what the default guest's kernel may not say, and how to allow it.
-- stdout: done
local check = require "modules.check"
local function failure(vm, text, ...) return check.raises("guest_panic", text, ...) end

-- A pattern, noticed by a wait for nothing but time; then the machine can be used again.
local a = microvm { name = "a", forbid = { pattern "^value: (%d+)$", "never" } }
a:sh "echo 'value: none' >/dev/console; echo 'a value: 1' >/dev/console"
a:expect "a value"
a:send "echo 'value: '23\n"
failure(a, { "the forbidden pattern '^value: (%d+)$': value: 23" }, wait, 100)
a:kill()
a:start()
check.equal(a:sh "echo well", "well")

-- In a task's wait, and by a machine that ends right then.
local b = microvm { name = "b", forbid = "bad end" }
local task = spawn(function() wait(b:output "never") end)
wait(b:ready())
b:send "echo 'bad 'end; poweroff -f\n"
failure(b, "'bad end'", wait, task)

-- The kernel's own, as it prints them.
local function complain(vm) vm:sh "echo '<2>BUG: made up' >/dev/kmsg" end
local c = microvm { name = "c" }
complain(c)
failure(c, { "the forbidden text '] BUG:'", "BUG: made up" }, wait, c:output "never")
c:kill()
local d = microvm { name = "d", forbid = false }
d:sh "echo 'DEBUG: a program' >/dev/console"
complain(d)
d:expect "BUG: made up"
check.equal(d:sh "echo alive", "alive")
print "done"
