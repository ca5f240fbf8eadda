-- status: 1
-- stderr: on purpose
-- stderr: fetched from machine 'd': dmesg.log, journal.log
-- Debian's qemu-guest-agent lets vmscript's agent in, which then does what it does in the default
-- guest; and does not let it in, which is said.
-- environment: VMSCRIPT_PATH=scripts
-- stdout: the same as the default guest
-- stdout: refused in the next boot
-- stdout: and allowed again
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local image = require "debian-image"

local vm = qemu { name = "d", disks = { image.path }, agent = "qga", memory = "512M",
  kernel = image.kernel, initramfs = image.initramfs, cmdline = image.cmdline }
local args = table.concat(vm:args(), " ")
assert(args:find("virtserialport,chardev=agent,name=org.vmscript.agent,id=agent", 1, true), args)
assert(args:find("virtserialport,chardev=agent2,name=org.qemu.guest_agent.0,id=agent2", 1, true))

-- Asked before it is up; a person's surroundings, not a service's.
equal(vm:sh "id -u; pwd; echo $HOME $USER; umask; cat /etc/hostname /etc/built",
  "0\n/\n/root root\n0022\ndebian\nbuilt")
assert((":" .. vm:sh "echo $PATH" .. ":"):find(":/usr/sbin:", 1, true))
equal(vm:sh "env | grep -c -e NOTIFY_SOCKET -e INVOCATION_ID -e JOURNAL_STREAM || true", "0")
equal(vm:sh "cat /proc/$PPID/oom_score_adj /proc/self/oom_score_adj", "-1000\n0")
equal(vm:sh "ls /dev/shm /run /tmp /var/tmp /root | grep vmscript-agent || true", "")

-- Commands, files, bytes, many at once.
local err = raises("command", "exited with status 3: two", vm.sh, vm,
  "echo one; echo two >&2; exit 3")
equal(err.stdout, "one\n") equal(err.stderr, "two\n")
raises("command", "No such file", vm.exec, vm, { "no-such-program" })
equal(vm:exec({ "sh", "-c", "kill -15 $$" }).signal, 15)
raises("timeout", "timed out after 0.5 s", vm.sh, vm, "sleep 700", { timeout = 0.5 })
wait.eventually(function() return not vm:sh("ps ax"):find("sleep 700", 1, true) end)
equal(#vm:sh "head -c 20000000 /dev/zero", 20000000)
equal(vm:exec({ "cat", stdin = "in\0out" }).stdout, "in\0out")
local path = os.tmpname()
vm:write("/srv/new/f", "x\0y") vm:get("/srv/new/f", path) vm:put(path, "/srv/g")
os.remove(path)
equal(vm:sh "cmp /srv/new/f /srv/g && stat -c %a /srv/g", "644")
local tasks = {}
for i = 1, 10 do tasks[i] = spawn(function() return vm:sh("sleep 0.2; echo " .. i) end) end
for i, result in ipairs(wait.all(tasks)) do equal(result, tostring(i)) end
equal(vm:sh "systemctl is-system-running --wait", "running")
equal(vm:sh "su alice -c whoami", "alice")
equal(vm:sh("id -un; echo $HOME; id -nG", { user = "alice" }), "alice\n/home/alice\nalice")
vm:sh "nohup sleep 720 & setsid sleep 720 &"
equal(vm:spawn({ "sh", "-c", "echo a; sleep 1000", user = "alice" }):read "line", "a")

-- systemd's units, and ports of theirs.
local function unit(name, text, extra)
  vm:write("/etc/systemd/system/" .. name .. ".service", "[Unit]\n" .. (extra or "")
    .. "[Service]\n" .. text)
end
unit("slow", "ExecStartPre=sleep 1\nExecStart=sleep infinity\n")
unit("bad", "ExecStartPre=sleep 1\nExecStart=sh -c 'echo went wrong; exit 3'\n")
unit("once", "Type=oneshot\nExecStart=sleep 0.5\n")
unit("never", "ExecStart=sleep infinity\n", "ConditionPathExists=/no/such\n")
vm:sh "systemctl daemon-reload; systemctl mask --runtime never-ever.service"
local slow, bad, once = vm:unit "slow.service", vm:unit "bad", vm:unit "once.service"
local port = vm:port(8999, { unit = "bad.service" })
vm:sh "systemctl start --no-block slow bad once never"
local states = wait.all({ slow, once }, { timeout = 100 })
equal(states[1], "running") equal(states[2], "dead")
local failure = raises("command", "unit 'bad' on machine 'd' has failed (exit-code)", wait, bad)
assert(failure.stdout:find("went wrong", 1, true) and failure.stdout:find("status=3", 1, true),
  failure.stdout)
raises("command", "unit 'bad.service' on machine 'd' has failed", wait, port)
equal(wait(vm:unit "systemd-journald.socket"), "running")
raises("command", "no such unit", wait, vm:unit "no-such.service")
raises("command", "it is masked", wait, vm:unit "never-ever.service")
raises("command", "a condition of its is not met", wait, vm:unit "never.service")
raises("timeout", "unit 'rescue.service' to be active", wait, vm:unit "rescue.service",
  { timeout = 0.5 })
raises("usage", "unit wants a unit's name", vm.unit, vm, "a b")
equal(vm:sh "wc -c </etc/machine-id", "33")

-- Services are units here.
local service = require "vmscript.service"
local function unit(name, command)
  vm:write(("/etc/systemd/system/%s.service"):format(name), "[Service]\nExecStart=" .. command .. "\n")
end
unit("works", "sh -c 'echo serving; exec sleep 1000'")
unit("fails", "sh -c 'echo one; sleep 0.5; echo two; exit 7'")
local works = service.start(vm, { unit = "works.service", health = function(m)
  return m:sh "systemctl show --property MainPID --value works" ~= "0" end })
equal(works.name, "works")
assert(works:is_running() and wait.eventually(function() return works:logs():find "serving" end))
local pid = vm:sh "systemctl show --property MainPID --value works"
works:restart()
assert(vm:sh "systemctl show --property MainPID --value works" ~= pid)
works:stop()
assert(not works:is_running())
err = raises("command", "service 'fails' of machine 'd' is failed before it was healthy", service.start,
  vm, { unit = "fails", health = "false" })
assert(table.concat(err.notes, "\n"):find "two")
raises("command", "no-such", service.start, vm, { unit = "no-such" })
vm:sh "systemctl reset-failed"

-- The agent survives what started it, and is brought again when somebody kills it.
equal(vm:sh "systemctl restart qemu-guest-agent && echo still here", "still here")
raises("agent", "started again meanwhile", vm.sh, vm, "kill -9 $PPID; sleep 100")
equal(vm:sh "echo back", "back")
print "the same as the default guest"

-- The next boot's administrator allows less, and changes his mind.
vm:write("/etc/qemu/qemu-ga.conf", "[general]\nblock-rpcs=guest-exec\n")
vm:write("/etc/systemd/system/later.service", [[
[Service]
ExecStart=sh -c 'until [ -e /dev/shm/now ]; do sleep 1; done; \
  rm /etc/qemu/qemu-ga.conf; systemctl restart qemu-guest-agent'
[Install]
WantedBy=multi-user.target
]])
vm:write("/etc/systemd/system/tty.service", [[
[Unit]
After=multi-user.target
[Service]
ExecStart=sh -c 'read line && touch /dev/shm/now'
StandardInput=tty-force
TTYPath=/dev/ttyS0
[Install]
WantedBy=multi-user.target
]])
vm:sh "systemctl mask serial-getty@ttyS0; systemctl enable later tty; sync"
raises("agent", { "does not allow guest-exec", "/etc/qemu/qemu-ga.conf" }, vm.reboot, vm)
assert(vm.boots > 1)
raises("agent", "does not allow guest-exec", wait, vm:ready())
raises("agent", "does not allow guest-exec", vm.sh, vm, "true")
print "refused in the next boot"
wait.eventually(function()
  vm:send "now\n"
  return pcall(vm.sh, vm, "true")
end, { interval = 1 })
print "and allowed again"
-- Of a script that fails the guest's logs are kept.
error "on purpose"
