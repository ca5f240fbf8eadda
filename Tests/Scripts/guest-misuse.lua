-- Guests that cannot be.
-- stdout: done
-- stderr: preparing a guest with iproute2, once
local check = require "modules.check"
local raises = check.raises

raises("usage", "guest wants a table of fields, got string", guest, "redis-server")
raises("usage", "guest has no field 'package'; did you mean 'packages'?", guest, { package = {} })
raises("usage", "field 'packages' wants a table, got 'redis'", guest, { packages = "redis" })
raises("usage", "field 'packages' wants a list, got the key 'redis'", guest,
  { packages = { redis = true } })
raises("usage", "field 'packages[1]' wants a package's name, got 'a b'", guest,
  { packages = { "a b" } })
raises("usage", "field 'packages[2]' wants a package's name, got '-o'", guest,
  { packages = { "redis-server", "-o" } })
raises("usage", "field 'modules[1]' wants a kernel module's name, got 7", guest, { modules = { 7 } })
raises("usage", "field 'users[1]' wants a user's name, got 'root'", guest, { users = { "root" } })
raises("usage", "by their whole path in the guest, got 'etc/x'", guest, { files = { ["etc/x"] = "" } })
raises("usage", "by their whole path in the guest, got '/etc/../x'", guest,
  { files = { ["/etc/../x"] = "" } })
raises("usage", "a file cannot be in /tmp", guest, { files = { ["/tmp/x"] = "" } })
raises("usage", "files[/x] wants its text, or { from =, text =, mode = }, got 1", guest,
  { files = { ["/x"] = 1 } })
raises("usage", "wants either text = or from =", guest, { files = { ["/x"] = { mode = "755" } } })
raises("usage", "field 'mode' wants a mode such as '755', got '999'", guest,
  { files = { ["/x"] = { text = "", mode = "999" } } })
raises("missing", "cannot read '/no/such'", guest, { files = { ["/x"] = { from = "/no/such" } } })
raises("missing", "there is no package 'no-such-package' among those that apt knows", guest,
  { packages = { "no-such-package", "redis-server" } })
local function files(text, files) raises("usage", "guest: files: " .. text, guest, { files = files }) end
files("'/init' is the guest's own", { ["/init"] = "" })
files("'/usr/bin' is a folder of the guest", { ["/usr/bin"] = "" })
files("'/bin/x' and '/usr/sbin/x' are one file", { ["/bin/x"] = "", ["/usr/sbin/x"] = "" })
files("'/x/y/z' cannot be below '/x', which is a file", { ["/x"] = "", ["/x/y/z"] = "" })
files("a path has up to 1024 bytes", { ["/" .. ("x"):rep(256)] = "" })
for path, text in pairs {
  ["/etc/iproute2"] = "'/etc/iproute2' is a folder of a package's",
  ["/usr/sbin/bridge/x"] = "'/usr/sbin/bridge/x' cannot be below '/bin/bridge', which is a file of a package's",
} do
  raises("usage", "guest: files: " .. text, guest, { packages = { "iproute2" }, files = { [path] = "" } })
end
local pipe = os.tmpname()
assert(os.execute(("rm '%s'; mkfifo '%s'"):format(pipe, pipe)))
raises("usage", "is no regular file", guest, { files = { ["/x"] = { from = pipe } } })
os.remove(pipe)
raises("usage", "field 'guest' wants a guest { … }, got 'redis'", microvm, { guest = "redis" })
print "done"
