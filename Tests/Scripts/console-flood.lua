-- 100 MB on the console, by a second way onto it that is not as slow as the guest's terminal: nothing
-- is lost, memory does not grow, and what comes after is found.
-- stdout: done
local check = require "modules.check"
local function memory()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmHWM:%s+(%d+)"
    if kib then return kib // 1024 end
  end
end
local vm <close> = microvm { name = "a", forbid = "never seen",
  "-set", "chardev.console.mux=on", "-device", "virtserialport,chardev=console,name=fast" }
local port = "/dev/" .. vm:sh [[grep -l fast /sys/class/virtio-ports/*/name | cut -d/ -f5]]
-- 25 MB in lines of 80 bytes.
vm:sh [[i=0; while [ $i -lt 100 ]; do printf '%079d\n' $i; i=$((i+1)); done >/tmp/1]]
vm:sh [[cd /tmp; for i in $(seq 125); do cat 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1; done >all]]
vm:sh "echo begin >/dev/console"
local begin = vm:expect("begin", { where = true })
local before = memory()
local writer = spawn(function()
  vm:sh(("cd /tmp; dd if=all bs=32k >%s; dd if=all bs=32k >%s; dd if=all bs=32k >%s; "
    .. "dd if=all bs=32k >%s; echo 'the end: 42' >%s"):format(port, port, port, port, port))
end)
local found = vm:expect({ pattern "^the end: (%d+)$", "no such text" }, { where = true })
wait(writer)
check.equal(found.captures[1], "42")
check.equal(found.number - begin.number, 4 * 125 * 25 * 100 + 1)
-- From the beginning once more, now that it is all there.
check.equal(wait(vm:output({ last = "the end" })), "last")
local grown = memory() - before
assert(grown < 64, grown .. " MiB more")
print "done"
