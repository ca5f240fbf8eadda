-- Starts Debian's etcd in a machine with the default guest, listening on port 2379.
return function(vm)
  for _, file in ipairs {
    "/usr/bin/etcd", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6",
  } do vm:put(file, file) end
  vm:sh "ip link set lo up; echo 127.0.0.1 localhost >/etc/hosts"
  vm:sh [[
    /usr/bin/etcd --data-dir /tmp/etcd --listen-client-urls http://0.0.0.0:2379 \
      --advertise-client-urls http://127.0.0.1:2379 >/tmp/etcd.log 2>&1 &
  ]]
end
