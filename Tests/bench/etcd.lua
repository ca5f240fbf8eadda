-- An etcd in a machine, and calls to it: first from here, then from whoever is told the port.
local count, python, client = tonumber(arg[1]), arg[2], arg[3]
local ports = portmap { 2379 }
local vm = microvm { name = "etcd", memory = "512M", ports = ports }
package.path = here "../Scripts/?.lua;" .. package.path
require "modules.etcd"(vm)
local schema = proto.load { proto = here "../../scripts/etcd.proto" }
local etcd = ports:grpc(2379, { schema = schema })
wait.eventually(function() return etcd:call "etcdserverpb.Maintenance/Status" end)
etcd:call("etcdserverpb.KV/Put", { key = "k", value = "v" })

local function calls(n)
  local started = now()
  for _ = 1, n do
    assert(etcd:call("etcdserverpb.KV/Range", { key = "k" }).kvs[1].value == "v")
  end
  return now() - started
end
calls(100)
-- By short turns, since the load of the host changes.
local turns = 20
for _ = 1, turns do
  print("ours", calls(count // turns))
  local pipe <close> = io.popen(("exec %s %s %d %d"):format(python, client, ports[2379], count // turns))
  print("theirs", pipe:read "n")
end
