-- A guest with packages that three runs want: the first is killed while it makes it; of the two that wait one
-- makes it, once, and the other takes that.
-- stdout: done
-- environment: XDG_CACHE_HOME=@/cache
local check = require "modules.check"
local cache = os.getenv "XDG_CACHE_HOME" .. "/vmscript/guest"
local home = os.getenv "HOME" .. "/.cache/vmscript/guest"
-- The default guest and its packages are there; nothing else is.
assert(os.execute(("mkdir -p '%s' && cp -r '%s/packages' '%s'"):format(cache, home, cache)))
wait(process({ os.getenv "VMSCRIPT", "guest", name = "base" }):exited(), { timeout = 120 })

local function maker(name, path)
  return process { os.getenv "VMSCRIPT", "run", "-", name = name, env = { PATH = path },
    stdin = [[print(guest({ packages = { "libcap2-bin" } }).initramfs)]] }
end
local function builds()
  return process({ "sh", "-c", "ls '" .. cache .. "' | grep building- || true" }):read "all"
end

local first = maker("first", "Tests/Fixtures/slow-apt:" .. os.getenv "PATH")
wait.eventually(function() return builds() ~= "" end)
local others = { maker "second", maker "third" }
for _, other in ipairs(others) do other:expect "waiting for another vmscript, which prepares the guest" end
first:signal "KILL"
wait(first:exited())
check.equal(first:read "all", "")

local images, made = {}, 0
for i, other in ipairs(others) do
  images[i] = other:read("line", { timeout = 120 })
  check.equal(wait(other:exited()).code, 0)
  if pcall(other.expect, other, "preparing a guest with libcap2-bin, once", { timeout = 0.1 }) then made = made + 1 end
end
check.equal(images[1], images[2])
check.equal(made, 1)
assert(io.open(images[1])):close()
check.equal(builds(), "")
print "done"
