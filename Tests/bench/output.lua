-- 100 MB of output and of files: name, seconds; and "peak", what the output added to the program
-- at most in memory, for each byte of it.
local SIZE = 100000000
local vm = microvm { memory = "512M" }
local function peak()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) * 1024 end
  end
end
local function timed(name, f, ...)
  local started = now()
  local result = f(...)
  print(name, now() - started)
  return result
end
vm:sh("head -c " .. SIZE .. " /dev/zero >/tmp/large")
local before = peak()
local result = timed("output", vm.exec, vm, { "cat", "/tmp/large" })
assert(#result.stdout == SIZE)
print("peak", (peak() - before) / SIZE)
local path = os.tmpname()
timed("get", vm.get, vm, "/tmp/large", path)
vm:sh "rm /tmp/large"
timed("put", vm.put, vm, path, "/tmp/large")
os.remove(path)
