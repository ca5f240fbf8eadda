-- A shell by the console, beside the agent's answers: the same commands with the same results.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local vm <close> = microvm { name = "a", reboot = true }
local shell = vm:login {}
equal(tostring(shell), "shell on machine 'a'")
for _, command in ipairs {
  "echo one; echo two; printf three", "true", "printf '\\n\\na\\n\\n'", "ls / | head -n 3",
  [[x='it''s "q" \n $HOME `ls` é']] .. "\n" .. [[printf '%s|' "$x" 'b\nc'
for i in 1 2; do
  echo "$i" \
   more
done]], "sleep 300 & echo a daemon", "cat", "echo " .. ("long "):rep(3000), "seq 3000",
  "echo ']0.'; echo '!'", "exit 0",
} do equal(shell:sh(command), vm:sh(command)) end
equal(shell:sh "echo out; echo err >&2", "out\nerr")
local err = raises("command", { "command 'echo out; exit 3' in the shell on machine 'a'", "status 3: out" },
  shell.sh, shell, "echo out; exit 3")
equal(err.code, 3) equal(err.stdout, "out") equal(err.machine, "a")
equal(shell:fails "echo x; exit 4", 4)
raises("command", "succeeded, and should fail", shell.fails, shell, "true")
raises("command", "not found", shell.fails, shell, "no-such-program")
raises("command", "status 2", shell.sh, shell, "if")

-- The kernel is not heard but for emergencies; what is heard is part of the output.
equal(shell:sh "echo '<2>noise' >/dev/kmsg; echo x", "x")

-- Time-outs, the second of a command that wants two signals; a task that is cancelled; one at a time.
raises("timeout", "timed out after 0.3 s waiting for command 'sleep 61'", shell.sh, shell, "sleep 61",
  { timeout = 0.3 })
equal(shell:sh "ps | grep -c 's[l]eep 61' || true", "0")
raises("timeout", "0.3 s", shell.sh, shell, [[sh -c "trap '' INT; sleep 62; sleep 62"]], { timeout = 0.3 })
local task = spawn(function() shell:sh "sleep 63" end)
wait(0)
raises("usage", "runs one at a time", shell.sh, shell, "true")
task:cancel()
pcall(wait, task)
equal(shell:sh "echo on", "on")
wait.eventually(function() return shell:sh "ps | grep -c 's[l]eep 6' || true" == "0" end)
equal(wait.eventually(function() return shell:sh "echo tried" end, { timeout = 5 }), "tried")
-- A guest that is late is waited for, as long as the next command has time.
raises("timeout", "0.2 s waiting for command 'sleep 65'", shell.sh, shell, "sleep 65", { timeout = 0.2 })
vm:pause()
for _ = 1, 2 do
  raises("timeout", "0.2 s waiting for the shell on machine 'a' to be done with command 'sleep 65'", shell.sh, shell,
    "true", { timeout = 0.2 })
end
vm:resume()
equal(shell:sh "echo heard", "heard")

-- Over with its boot, said at once; and with its end.
task = spawn(function() return select(2, pcall(shell.sh, shell, "sleep 64")) end)
wait.eventually(function() return vm:sh("ps"):find("sleep 64", 1, true) end)
vm:reboot()
local over = wait(task)
equal(over.kind, "agent")
assert(tostring(over):find("the shell on machine 'a' is over: the machine has booted again", 1, true))
raises("agent", "log in again with a:login", shell.sh, shell, "true")
shell = vm:login { user = "root", prompt = pattern "# $" }
equal(shell:sh "echo in again", "in again")
shell:logout()
raises("agent", "it was logged out", shell.sh, shell, "true")

-- Mistakes.
raises("usage", "did you mean 'user'?", vm.login, vm, { usr = "x" })
raises("usage", "did you mean 'prompt'?", vm.login, vm, { promt = "x" })
raises("usage", "field 'user' wants a string", vm.login, vm, { user = 1 })
raises("usage", "field 'prompt' wants a text or pattern", vm.login, vm, { prompt = 1 })
raises("usage", "'password' has control characters", vm.login, vm, { password = "a\n" })
raises("usage", "field 'timeout' wants a number of seconds", vm.login, vm, { timeout = -1 })
raises("usage", "login wants a machine before it, got string", vm.login, "x")
raises("usage", "sh wants a command as a string, got table", shell.sh, vm:login {}, {})
raises("usage", "sh wants a shell before it", shell.sh, "true")
raises("timeout", { "timed out after 0.5 s waiting for a login prompt or a shell on the console of machine 'a'" },
  vm.login, vm, { prompt = "no such prompt", timeout = 0.5 })
vm:kill()
raises("exited", "start it again", vm.login, vm)
print "done"
