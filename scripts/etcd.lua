#!/usr/bin/env -S vmscript run
-- An etcd in a machine, spoken to by gRPC. It is Debian's: apt-get install etcd-server.
-- stdout: the watch saw it too

local ports = portmap { 2379 }
local vm = microvm { name = "etcd", memory = "512M", ports = ports }
for _, file in ipairs {
  "/usr/bin/etcd", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6",
} do vm:put(file, file) end
vm:sh "ip link set lo up; echo 127.0.0.1 localhost >/etc/hosts"
vm:sh [[
  /usr/bin/etcd --data-dir /tmp/etcd --listen-client-urls http://0.0.0.0:2379 \
    --advertise-client-urls http://127.0.0.1:2379 >/tmp/etcd.log 2>&1 &
]]

local etcd = ports:grpc(2379, { proto = here "etcd.proto" })
local status = wait.eventually(function() return etcd:call "etcdserverpb.Maintenance/Status" end)
print(("etcd %s is up, its leader is %s"):format(status.version, status.leader))

local watch <close> = etcd:stream("etcdserverpb.Watch/Watch",
  { create_request = { key = "greeting" } })
assert(watch:read().created)

etcd:call("etcdserverpb.KV/Put", { key = "greeting", value = "hello" })
local reply = etcd:call("etcdserverpb.KV/Range", { key = "greeting" })
print(("it has %d key: greeting = %s"):format(reply.count, reply.kvs[1].value))

local seen = watch:read { timeout = 10 }
assert(seen.events[1].type == "PUT" and seen.events[1].kv.value == "hello")
print("the watch saw it too")
