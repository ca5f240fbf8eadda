-- Folders into the guest and back, whole; long files and outputs; what is cancelled stops.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local function host(command) assert(os.execute(command)) end
local function output(command) local p <close> = io.popen(command) return p:read "a" end
local folder = output("mktemp -d /tmp/vmscript-trees-XXXXXX"):gsub("\n", "")
local _ <close> = setmetatable({}, { __close = function() host("rm -rf " .. folder) end })
local vm = microvm { name = "a" }

-- A tree with all that a tree may have.
host("cd " .. folder .. [[ && mkdir -p t/empty t/sub/deep t/locked && cd t &&
  printf x >sub/deep/f && printf '#!/bin/sh\necho runs\n' >sub/run && chmod 755 sub/run &&
  chmod 640 sub/deep/f && chmod 711 sub && ln -s ../nowhere sub/dangling && ln -s deep sub/link &&
  touch 'sp ace' "$(printf 'b\377d\nname')" && chmod 555 locked && : >none &&
  for i in $(seq 60); do echo $i >sub/deep/n$i; done]])
local list = [[find . -exec stat -c '%n %f %N' {} + | grep -av '^\. ' | sort]]
local function described(command) return (output("cd " .. folder .. "/" .. command .. " && " .. list)) end
vm:put(folder .. "/t", "/srv/new")               -- a name that is not there
equal(vm:sh "/srv/new/sub/run; cat /srv/new/sub/link/n60; readlink /srv/new/sub/dangling",
  "runs\n60\n../nowhere")
equal(vm:sh "stat -c %a /srv/new/sub /srv/new/locked /srv/new/sub/deep/f /srv/new/sub/run",
  "711\n555\n640\n755")
vm:put(folder .. "/t/", "/srv/new/")             -- a folder that is there
vm:put(folder .. "/t/sub/run", "/srv/new/empty")
vm:sh "test -x /srv/new/t/sub/run && test -x /srv/new/empty/run && rm /srv/new/empty/run"
vm:put(folder .. "/t/sub/.", "/srv/new/empty")   -- what is in it
vm:sh "test -e /srv/new/empty/deep/n1 && rm -r /srv/new/empty/* /srv/new/t"
vm:get("/srv/new", folder .. "/back")
equal(described "back", described "t")
vm:get("/srv/new/sub", folder .. "/back") vm:get("/srv/new/sub", folder .. "/back")
assert(io.open(folder .. "/back/sub/deep/n7"):read "a" == "7\n")

-- Files are replaced whole, with their mode; links of the script's are followed, devices are left alone.
vm:sh "echo new >/tmp/f; chmod 604 /tmp/f"
host("cd " .. folder .. " && echo old >old && ln old hard && ln -s old soft")
vm:get("/tmp/f", folder .. "/soft")
equal(output("cd " .. folder .. " && cat old hard; stat -c %a old; readlink soft"), "new\nold\n604\nold\n")
raises("missing", "is no regular file", vm.get, vm, "/tmp/f", "/dev/null")
raises("missing", "cannot write to '/no/such'", vm.get, vm, "/tmp/f", "/no/such/f")
raises("missing", "cannot read '/no/such'", vm.put, vm, "/no/such", "/tmp")
raises("command", "'/no/such' in the guest: No such file", vm.get, vm, "/no/such", folder)
raises("command", "is not a regular file or a folder", vm.get, vm, "/dev/null", folder)
raises("usage", "is a socket, a named pipe or a device", vm.put, vm, "/dev/null", "/tmp/null")
host("mkfifo " .. folder .. "/t/fifo")
raises("usage", "t/fifo' is a socket, a named pipe", vm.put, vm, folder .. "/t", "/srv/fifo")
vm:fails "test -e /srv/fifo" vm:sh "mkfifo /srv/new/sub/fifo"
raises("command", "'/srv/new/sub/fifo' in the guest is a named pipe", vm.get, vm, "/srv/new",
  folder .. "/fifo")
assert(not io.open(folder .. "/fifo/none"))
raises("command", "Not a directory", vm.put, vm, folder .. "/t/none", "/tmp/f/x")

-- A link that an earlier get has brought leads nowhere.
vm:sh "mkdir -p /e1 /e2/a && ln -s /tmp /e1/a && echo x >/e2/a/f"
vm:get("/e1/.", folder .. "/e") vm:get("/e1/.", folder .. "/e")
raises("missing", "cannot write to the folder", vm.get, vm, "/e2/.", folder .. "/e")
assert(not io.open "/tmp/f-of-e2")

-- Much of it.
host("head -c 26214401 /dev/urandom >" .. folder .. "/big")
vm:put(folder .. "/big", "/tmp/big")
vm:get("/tmp/big", folder .. "/again")
host("cmp " .. folder .. "/big " .. folder .. "/again")
local function peak()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) << 10 end
  end
end
local before = peak()
assert(before < 60 << 20, "files are not kept in memory: " .. before)
local result = vm:exec { "cat", "/tmp/big", "/tmp/big", "/tmp/big", "/tmp/big" }
equal(#result.stdout, 104857604)
assert(peak() - before < 1.2 * #result.stdout, "an output is kept once: " .. peak() - before)
local file <close> = io.open(folder .. "/big", "rb")
assert(result.stdout == file:read("a"):rep(4))
vm:sh "rm /tmp/big"

-- What is cancelled, or out of time, stops.
local task = spawn(function() vm:put(folder .. "/big", "/tmp/half") end)
wait.eventually(function() return vm:sh "test -s /tmp/.vmscript-*" == "" end)
task:cancel()
local function parts() return vm:sh "ls -A /tmp | grep -e vmscript -e half -e '^w$' || true" end
equal(parts(), "")
vm:sh "mkdir /small; mount -t tmpfs -o size=1m none /small; echo old >/small/f; chown 7:8 /small/f; ln -s f /small/l"
raises("command", "'/small/big' in the guest: No space left", vm.put, vm, folder .. "/big", "/small")
raises("command", "'/small/l' in the guest: No space left", vm.put, vm, folder .. "/big", "/small/l")
equal(vm:sh "ls -A /small; cat /small/f", "f\nl\nold")
-- One that is there is replaced whole behind its link, and stays whose it was; what is no plain file of a
-- file system's is written in place.
vm:sh [[cp /bin/busybox /tmp/busy; /tmp/busy sleep 9 & exec 3</small/f;
  echo >/tmp/bound; mount --bind /tmp/bound /srv/new/none]]
vm:write("/small/l", "new") vm:write("/tmp/busy", "free") vm:write("/dev/null", "x")
vm:write("/proc/sys/kernel/hostname", "b") vm:write("/srv/new/none", "mounted\n")
equal(vm:sh "stat -c '%u %g %F' /small/f; cat /small/f; readlink /small/l; hostname; cat /tmp/bound",
  "7 8 regular file\nnewf\nb\nmounted")
vm:sh "head -c 50000000 /dev/zero >/tmp/z"
raises("timeout", "guest file '/tmp/z'", vm.get, vm, "/tmp/z", folder .. "/z", { timeout = 0.2 })
raises("timeout", "guest file '/tmp/w'", vm.write, vm, "/tmp/w", result.stdout, { timeout = 0.2 })
equal(parts(), "")
equal(output("ls -A " .. folder .. " | grep vmscript"), "")
assert(not io.open(folder .. "/z"))
print "done"
