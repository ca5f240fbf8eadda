-- What goes wrong with a real etcd, and what only it has: ids beyond int64, fields that the
-- schema does not know, a watch.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local ports = portmap { 2379, 2380 }
local vm = microvm { name = "etcd", memory = "512M", ports = ports }
require "modules.etcd"(vm)
local etcd = ports:grpc(2379, { proto = here "../../scripts/etcd.proto" })
local status = wait.eventually(function() return etcd:call "Maintenance/Status" end)
-- Its ids are 64 random bits: integers if they fit, else digits.
for _, id in ipairs { status.leader, status.header.member_id, status.header.cluster_id } do
  assert(math.type(id) == "integer" or id:match "^%d+$", id)
end
assert(status["@unknown"], "raftIndex and others are not in the schema")

-- Writes in order; a range, and a watch from the first of them on.
local first
for i = 1, 20 do
  local reply = etcd:call("KV/Put", { key = ("k%02d"):format(i), value = "\0\xff" .. i })
  first = first or reply.header.revision
end
local range = etcd:call("KV/Range", { key = "k", range_end = "l", limit = 7 })
equal(range.count, 20) equal(#range.kvs, 7) equal(range.more, true)
equal(range.kvs[7].key, "k07") equal(range.kvs[7].value, "\0\xff7")
local watch <close> = etcd:stream("Watch/Watch",
  { create_request = { key = "k", range_end = "\0", start_revision = first } })
local keys = {}
for message in watch:messages { timeout = 30 } do
  for _, event in ipairs(message.events) do keys[#keys + 1] = event.kv.key end
  if #keys == 20 then break end
end
equal(keys[1], "k01") equal(keys[20], "k20")
equal(etcd:call("KV/Put", { key = "k01", value = "new", prev_kv = true }).prev_kv.value, "\0\xff1")

-- Refusals.
local err = raises("connection", "KV/Put on port 2379: NOT_FOUND: etcdserver: requested lease not found",
  etcd.call, etcd, "KV/Put", { key = "x", lease = 5 })
equal(err.code, 5) equal(err.status, "NOT_FOUND")
err = raises("connection", "INVALID_ARGUMENT: etcdserver: key is not provided", etcd.call, etcd, "KV/Put")
equal(err.code, 3)
raises("usage", "message etcdserverpb.PutRequest has no field 'kye'; did you mean 'key'?",
  etcd.call, etcd, "KV/Put", { kye = "x" })
raises("usage", "grpc wants a mapped TCP port of the guest, got 2378; mapped: 2379, 2380",
  ports.grpc, ports, 2378)
local plain = ports:grpc(2379)
raises("connection", "the server on port 2379 has no reflection", plain.call, plain, "etcdserverpb.KV/Put")
local nobody = ports:grpc(2380, { proto = here "../../scripts/etcd.proto" })
err = raises("connection", "KV/Put on port 2380: UNAVAILABLE", nobody.call, nobody, "KV/Put", { key = "x" })
equal(err.code, 14)

-- A machine that stands still answers nobody.
vm:freeze()
err = raises("timeout", "timed out after 0.3 s waiting for KV/Range on port 2379 of machine 'etcd'",
  etcd.call, etcd, "KV/Range", { key = "k" }, { timeout = 0.3 })
equal(err.code, 4)
vm:thaw()
equal(etcd:call("KV/Range", { key = "k01" }).count, 1)
print "done"
