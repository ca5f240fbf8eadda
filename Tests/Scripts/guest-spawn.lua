-- Programs that run in the guest beside the script: live output, input, signals, ends.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local vm = microvm { name = "a", reboot = true, disks = { disk { size = "20M" } } }
local function runs(text) return vm:sh("ps"):find(text, 1, true) end

-- Live lines of both outputs, input, the end as an event.
local p = vm:spawn { "sh", "-c", "while read -r x; do echo got $x; echo err $x >&2; done; exit 3",
  stdin = true, env = { LANG = "C" }, cwd = "/tmp" }
assert(p.pid > 1 and runs "while read")
p:write "one\n" equal(p:read "line", "got one")
p:write "two\n" equal(p.stderr:read "line", "err one")
local which, count = wait.any { out = p.stdout, ended = p }
equal(which, "out") equal(count, #"got two\n")
raises("timeout", "the end of 'sh -c", p.wait, p, { timeout = 0.1 })
p:finish()
raises("usage", "takes nothing", p.write, p, "more")
local exit = wait(p:exited())
equal(exit.code, 3) equal(exit.signal, nil) assert(exit.seconds > 0) equal(exit.stdout, nil)
equal(p:wait().code, 3)
equal(p:read "all", "got two\n") equal(p:read(), nil)
local lines = {}
for line in p.stderr:lines { timeout = 5 } do lines[#lines + 1] = line end
equal(table.concat(lines, ","), "err two")
p:kill()  -- one that has ended

-- Lines as they come, merged; check; names; nothing kept.
local tick = vm:spawn { "sh", "-c", "echo a; echo b >&2; sleep 0.2; echo c", stderr = "stdout" }
local seen = {}
for line in tick:lines() do seen[#seen + 1] = line end
equal(table.concat(seen), "abc") equal(tick.stderr, nil)
raises("command", "'worker' on machine 'a' exited with status 2", wait,
  vm:spawn { "sh", "-c", "exit 2", check = true, name = "worker" })
local quiet = vm:spawn { "echo", stdout = false, stdin = "text" }
raises("usage", "stdout = false", quiet.read, quiet) equal(wait(quiet).code, 0)

-- Signals, by name and number, for all of its process group; the end of a block.
local function nap(n) return vm:spawn { "sh", "-c", ("sleep %d & sleep %d"):format(n, n) } end
local a, b = nap(701), nap(702)
a:kill "TERM" b:kill(15)
equal(wait(a).signal, 15) equal(wait(b).signal, 15)
do
  local _ <close> = nap(703)
  assert(runs "sleep 703")
end
assert(not runs "sleep 70")

-- An unread output holds its program and nobody else; read at leisure it is whole.
local flood = vm:spawn { "sh", "-c", "head -c 5000000 /dev/zero; echo end >&2" }
local writer = vm:spawn { "sh", "-c", "sleep 0.3; head -c 3000000 | wc -c", stdin = true }
raises("timeout", "to read", flood.stderr.read, flood.stderr, "line", { timeout = 0.3 })
equal(vm:sh "echo through", "through")
equal(#flood:read "all", 5000000) equal(flood.stderr:read "line", "end")
for _ = 1, 3 do writer:write(("x"):rep(1000000)) end
writer:finish() equal(writer:read "line", "3000000")
local closed = vm:spawn { "true", stdin = true }
wait(closed)
raises("connection", "has ended", closed.write, closed, ("x"):rep(1000000))

-- What is dropped goes on.
vm:spawn { "sh", "-c", "head -c 4000000 /dev/zero; sleep 0.1; touch /tmp/dropped" }
collectgarbage() collectgarbage()
wait.eventually(function() return vm:sh "ls /tmp/dropped" end)

-- Users: groups, surroundings, numbers.
vm:sh "echo 'bob:x:1000:1000::/tmp/bob:/bin/ash' >>/etc/passwd; mkdir -m 700 /tmp/bob"
vm:sh "printf 'bob:x:1000:\\nwheel:x:10:root,bob\\nrad:x:11:bobby\\n' >>/etc/group; chown 1000 /tmp/bob"
local who = 'echo $(id -u; id -g; id -G) $HOME $USER $LOGNAME $SHELL'
equal(vm:sh(who, { user = "bob" }), "1000 1000 1000 10 /tmp/bob bob bob /bin/ash")
equal(vm:sh(who, { user = 1000, env = { HOME = "/" } }), "1000 1000 1000 10 / bob bob /bin/ash")
equal(vm:exec({ "sh", "-c", who, user = "4321" }).stdout, "4321 4321 4321 / 4321 4321 /bin/sh\n")
equal(vm:spawn({ "id", "-un", user = "bob" }):read "line", "bob")
equal((vm:fails("touch /root/x", { user = "bob" })), 1)
raises("command", "no user 'eve' in the guest's /etc/passwd", vm.sh, vm, "true", { user = "eve" })
raises("usage", "'user' wants a user's name or number", vm.sh, vm, "true", { user = -1 })

-- Time-outs kill whole sessions, jobs of an interactive shell among them; what hangs in the kernel is
-- left, and said.
raises("timeout", "timed out after 0.3 s waiting for command", vm.sh, vm,
  "set -m; sleep 711 & (trap '' TERM INT HUP; sleep 712) & sleep 713", { timeout = 0.3 })
assert(not runs "sleep 71")
raises("timeout", "timed out after 0.2 s", vm.exec, vm, { "sh", "-c", "sleep 714 & sleep 715", timeout = 0.2 })
assert(not runs "sleep 71")
local function throttle(rate)
  vm:qmp("block_set_io_throttle", { device = "disk0", bps = 0, bps_rd = 0, bps_wr = rate, iops = 0,
    iops_rd = 0, iops_wr = 0 })
end
throttle(1)
raises("timeout", "it was killed and is not gone", vm.sh, vm,
  "dd if=/dev/zero of=/dev/vda bs=64k count=16 conv=fsync", { timeout = 0.5 })
assert(runs "dd if=")
throttle(0)
wait.eventually(function() return not runs "dd if=" end)

-- Daemons that keep the output open hold nobody.
vm:sh "sleep 721 &"
vm:sh "setsid sleep 722 & setsid sleep 723 >/dev/null 2>&1 &"
equal(vm:sh "(while sleep 1; do echo noise; done) & echo started", "started")
assert(runs "sleep 721" and runs "sleep 722" and runs "sleep 723")

-- 50 at once, with one that floods.
local busy <close> = vm:spawn { "cat", "/dev/zero" }
local tasks = {}
for i = 1, 50 do tasks[i] = spawn(function() return vm:sh("sleep 0.2; echo " .. i) end) end
for i, result in ipairs(wait.all(tasks)) do equal(result, tostring(i)) end

-- What cannot be.
raises("command", "No such file", vm.spawn, vm, { "no-such-program" })
raises("usage", "spawn wants a table", vm.spawn, vm)
raises("usage", "did you mean 'stdin'?", vm.spawn, vm, { "cat", stdi = true })
raises("usage", "'stdin' wants true for p:write, or a string", vm.spawn, vm, { "cat", stdin = 1 })
raises("usage", "'stderr' wants false for none, or \"stdout\"", vm.spawn, vm, { "cat", stderr = 1 })
raises("usage", "spawn wants a program", vm.spawn, vm, {})
raises("usage", "a signal's name or number", busy.kill, busy, "NOPE")
raises("usage", "read wants a number of bytes", busy.read, busy, "x")

-- The guest reboots by itself: who waits is told, and ready() is that of the next boot.
local old = vm:spawn { "sleep", "731" }
local reader = spawn(pcall, old.read, old)
local command = spawn(pcall, vm.sh, vm, "trap '' TERM; while :; do sleep 1; done")
wait(0)
vm:sh "reboot"
wait(vm:ready())
equal(vm.boots, 2) equal(vm:sh "echo again", "again") assert(not runs "sleep 731")
equal(wait(old).signal, 15)
equal(select(2, wait(reader)), nil)
local _, why = wait(command)
assert(why.kind == "command" and why.signal == 9 or why.kind == "agent", tostring(why))

-- And its machine dies.
local last = vm:spawn { "sleep", "741" }
local ended = spawn(pcall, last.read, last)
wait(0)
vm:kill()
raises("exited", "ended by this script", wait, last)
_, why = wait(ended)
equal(why.kind, "exited")
raises("exited", "start it again", vm.spawn, vm, { "true" })
print "done"
