-- Directories of the host in a guest, over virtiofs: both kinds of machine, both ways, read-only.
-- stdout: done
local check = require "modules.check"
local folder = os.tmpname() os.remove(folder)
assert(os.execute(("mkdir -p '%s/a,b/deep' && chmod 755 '%s'"):format(folder, folder)))
local remove <close> = setmetatable({}, { __close = function() os.execute("rm -r " .. folder) end })
local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end
local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name))
  return file:read "a"
end
write("hello", "from the host\n")

-- What cannot be.
local function no(texts, ...) check.raises("usage", texts, ...) end
local path = folder .. "/hello"
check.raises("missing", "'/nowhere': No such file", microvm, { shares = { x = "/nowhere" } })
no("'" .. path .. "' is no directory", microvm, { shares = { x = path } })
no("field 'shares' wants a table", microvm, { shares = folder })
no("shares[1] wants { path =, tag = }", microvm, { shares = { folder } })
no("shares.x wants a path", microvm, { shares = { x = 5 } })
no("needs field 'path'", microvm, { shares = { x = {} } })
no("did you mean 'read_only'?", microvm, { shares = { x = { path = folder, readonly = true } } })
no("has no field 'tag'", microvm, { shares = { x = { path = folder, tag = "y" } } })
no("two shares have the tag 'x'", microvm, { shares = { { path = folder, tag = "x" }, x = folder } })
no("'a b' is no tag", microvm, { shares = { ["a b"] = folder } })
no("is no tag: 1 to 36", microvm, { shares = { [("x"):rep(37)] = folder } })
no("(give field 'tag')", microvm, { shares = { { path = "/" } } })
no("field 'mount' wants an absolute path", microvm, { shares = { x = { path = folder, mount = "mnt" } } })
no("\"virtiofs\" or \"9p\"", microvm, { shares = { x = { path = folder, driver = "nfs" } } })
no("mount -t 9p x /m", microvm, { kernel = arg[0], shares = { x = { path = folder, mount = "/m", driver = "9p" } } })
-- What virtiofs may lack here is another script's concern.
local ok, lack = pcall(microvm, { name = "probe", start = false, shares = { x = { path = folder, driver = "virtiofs" } } })
if not ok then
  check.equal(lack.kind, "missing")
  return print("done, without virtiofs: " .. lack.message)
end
check.raises("missing", "knows virtiofs and not 9p: leave 'driver' out", microvm,
  { shares = { x = { path = folder, driver = "9p" } } })

-- 9p: in another guest, which mounts it itself.
local guest = {}
for line in process { os.getenv "VMSCRIPT", "guest", name = "guest" }:lines() do
  local name, path = line:match "^(%l+): (.*)"
  guest[name] = path
end
local c = microvm { name = "c", kernel = guest.kernel, agent = false, "-S",
  shares = { x = { path = folder .. "/a,b", driver = "9p", read_only = true } } }
local devices = json.encode(c:qmp("qom-list", { path = "/machine/peripheral-anon" }))
assert(devices:find "virtio%-9p%-device", devices)
c:kill()

local a = microvm { name = "a", shares = { work = folder, ro = { path = folder, read_only = true } } }
local b = qemu { name = "b", memory = "256M", shares = {
  { path = folder .. "/a,b", tag = "comma", mount = "/data/in/deep" } } }
check.equal(a:sh "cat /mnt/work/hello /mnt/ro/hello", "from the host\nfrom the host")
-- What the host changes is seen at once.
write("hello", "changed, and longer than before\n")
check.equal(a:sh "cat /mnt/work/hello", "changed, and longer than before")
a:sh "umask 022; echo guest >/mnt/work/made; chmod 4750 /mnt/work/made; ln -s made /mnt/work/link"
check.equal(read "made", "guest\n") check.equal(read "link", "guest\n")
check.equal(process { "stat", "-c", "%a", folder .. "/made" }:read "line", "4750")
check.equal(select(2, a:fails "echo x >/mnt/ro/x"):match "Read%-only file system", "Read-only file system")
a:sh "mount -o remount,rw /mnt/ro"
check.equal(select(2, a:fails "echo x >/mnt/ro/x"):match "Read%-only file system", "Read-only file system")
b:sh "echo b >/data/in/deep/deep/b; dd if=/dev/zero of=/data/in/deep/zero bs=1M count=16 2>/dev/null"
check.equal(a:sh "cat /mnt/work/a,b/deep/b; wc -c </mnt/work/a,b/zero", "b\n" .. (16 << 20))
-- It is there again at the next start; and its server's end is the machine's failure.
a:shutdown() a:start() check.equal(a:sh "cat /mnt/work/made", "guest")
check.kill("KILL", check.child "virtiofsd")
local err = check.raises("exited", "of machine 'a', was ended by signal 9", a.sh, a, "sleep 60")
assert(err.message:find "virtiofsd, which serves share '%l+'")
a:kill() b:kill()
print "done"
