-- All that a script can ask of one machine with the default guest.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local vm = microvm { name = "a", start = false, tags = { "one", "two" } }
equal(vm.name, "a") equal(vm.boots, 0) equal(vm.tags[2], "two")
local before = table.concat(vm:args(), " ")
assert(before:find("fd=<", 1, true), before)
assert(vm:command():find("^qemu%-system%-x86_64 "))
raises("usage", { "was not started yet", "a:start()" }, vm.sh, vm, "true")
raises("usage", "was not started yet", vm.send, vm, "x")
vm:start()
raises("usage", "runs already", vm.start, vm)
equal(table.concat(vm:args(), " "), before)

-- What is asked of a guest that is not up yet waits for it.
equal(vm:sh "hostname", "a")
equal(vm.boots, 1)
assert(wait(vm:ready()) > 0 and wait(vm:ready()) > 0, "a level: true again")

-- Commands.
equal(vm:sh "printf 'a\\nb\\n\\n'", "a\nb")
equal(vm:sh("echo $X; pwd", { env = { X = "y z" }, cwd = "/tmp" }), "y z\n/tmp")
local err = raises("command", "exited with status 3: two",
  vm.sh, vm, "echo one; echo two >&2; exit 3")
equal(err.code, 3) equal(err.stdout, "one\n") equal(err.stderr, "two\n") equal(err.machine, "a")
err = raises("command", "was ended by signal 9", vm.sh, vm, "kill -9 $$")
equal(err.signal, 9) equal(err.code, nil)
local code, output = vm:fails "echo no; exit 4"
equal(code, 4) equal(output, "no")
raises("command", "succeeded, and should fail", vm.fails, vm, "true")
raises("command", "127", vm.fails, vm, "no-such-command")
local result = vm:exec { "cat", stdin = "in\0out" }
equal(result.stdout, "in\0out") equal(result.code, 0) assert(result.seconds >= 0)
equal(vm:exec({ "sh", "-c", "kill -15 $$" }).signal, 15)
raises("command", "exited with status 1", vm.exec, vm, { "false", check = true })
raises("command", "No such file", vm.exec, vm, { "no-such-program" })
raises("timeout", "timed out after 0.2 s waiting for command 'sleep 70'", vm.sh, vm, "sleep 70",
  { timeout = 0.2 })
wait.eventually(function() return not vm:sh("ps"):find("sleep 70", 1, true) end)

-- Bytes that are no text, long output, files.
equal(vm:sh "printf '\\377\\0\\200'", "\xff\0\x80")
equal(vm:sh "printf '\xff'", "\xff") equal(vm:exec({ "printf", "%s", "\xfe" }).stdout, "\xfe")
raises("usage", "no zero bytes", vm.sh, vm, "a\0b")
raises("usage", "a variable's name", vm.sh, vm, "env", { env = { ["a=b"] = "1" } })
raises("usage", "'env.A' wants text in UTF-8", vm.sh, vm, "env", { env = { A = "\xff" } })
raises("usage", "'cwd' wants text in UTF-8", vm.sh, vm, "pwd", { cwd = "/\xff" })
raises("usage", "without zero bytes", vm.read, vm, "/tmp/a\0b")
raises("usage", "no zero bytes", vm.exec, vm, { "a\0b" })
raises("command", "xxx…' on machine 'a'", vm.sh, vm, ("x"):rep(1000000))
raises("command", "5000000 bytes are too many to type", vm.send, vm, ("x"):rep(5000000))
equal(#vm:sh "head -c 3000000 /dev/zero", 3000000)
vm:write("/tmp/n", 5) equal(vm:read("/tmp/n", { timeout = 9 }), "5")
raises("usage", "did you mean 'timeout'?", vm.write, vm, "/tmp/n", "x", { timeut = 1 })
raises("usage", "a path in the guest, got ''", vm.read, vm, "")
raises("command", "'/dev/null' in the guest is not a regular file", vm.read, vm, "/dev/null")
vm:write("/tmp/f", "x\0y") equal(vm:read "/tmp/f", "x\0y")
raises("command", "/no/such", vm.read, vm, "/no/such")
local path = os.tmpname()
vm:get("/tmp/f", path) vm:put(path, "/tmp/g") equal(vm:sh "cmp /tmp/f /tmp/g && echo same", "same")
os.remove(path)
raises("missing", "cannot read '" .. path .. "'", vm.put, vm, path, "/tmp/g")

-- 20 commands side by side.
local tasks = {}
for i = 1, 20 do tasks[i] = spawn(function() return vm:sh("sleep 0.2; echo " .. i) end) end
local results = wait.all(tasks)
for i = 1, 20 do equal(results[i], tostring(i)) end

-- The console: a shell, levels, consumption, patterns.
vm:send "echo le''vel number 42\n"
equal(vm:expect("level number"), "level number")
local text, number, rest = wait(vm:output(pattern "number (%d+)(.*)$"))
equal(text, "number 42") equal(number, "42") equal(rest, "")
equal(wait(vm:output "level number"), "level number")
raises("timeout", "console text 'level number' of machine 'a'", vm.expect, vm, "level number",
  { timeout = 0.2 })
vm:send "echo thi''rd; echo fo''urth\n"
vm:expect "third" vm:expect "fourth"
raises("usage", "malformed pattern", pattern, "[%d")
vm:sh "printf 'no line feed' >/dev/console"
equal(vm:expect "no line", "no line") equal(vm:expect " feed", " feed")

-- QMP, and events from the call that asked for them.
equal(vm:qmp("query-status").status, "running")
err = raises("qmp", "QMP command 'no-such' failed", vm.qmp, vm, "no-such")
equal(err.class, "CommandNotFound")
local stopped, gone_on = vm:event "STOP", vm:event "RESUME"
vm:pause() equal(vm:qmp("query-status").status, "paused")
wait(stopped)
raises("timeout", "QMP event STOP of machine 'a'", wait, stopped, { timeout = 0.1 })
local late = vm:event "STOP"
vm:resume() wait(gone_on)
raises("timeout", "STOP", wait, late, { timeout = 0.1 })
vm:pause() wait.all { stopped, late } vm:resume()
equal(vm:sh "echo on", "on")
vm:freeze()
raises("timeout", "timed out after 0.2 s", vm.sh, vm, "true", { timeout = 0.2 })
vm:thaw() equal(vm:sh "echo on", "on")

-- The default time-out, and machines in the messages.
raises("timeout", { "1 s", "'never' of machine 'a'" }, wait, vm:output "never", { timeout = 1 })

-- The guest's own memory runs out: the command dies, the agent lives.
raises("command", "signal 9", vm.sh, vm, "tail /dev/zero")
equal(vm:sh "echo alive", "alive")
assert(vm:sh("dmesg"):find("Out of memory: Killed process", 1, true))

-- A reboot, and what it means for levels and for what runs.
vm:write("/tmp/first", "x")
local running = spawn(pcall, vm.sh, vm, "sleep 100")
wait.eventually(function() return vm:sh("ps"):find("sleep 100", 1, true) end)
vm:reboot()
equal(vm.boots, 2)
local survived, why = wait(running)
assert(not survived and (why.kind == "command" or why.kind == "agent"), tostring(why))
raises("timeout", "level", wait, vm:output "level number", { timeout = 0.2 })
vm:fails "test -e /tmp/first"

local exit = vm:shutdown()
equal(exit.reason, "poweroff") equal(exit.code, 0) equal(exit.signal, nil)
equal(wait(vm:exited()).reason, "poweroff")
raises("exited", { "powered off", "start it again with a:start()" }, vm.sh, vm, "true")
vm:kill() vm:kill()
print "done"
