-- Lines of a connection to a guest, and questions with their answers: name, seconds of one.
local ports = portmap { 7, 9 }
local vm = microvm { ports = ports }
vm:sh "nc -ll -p 9 -e seq 1 300000 </dev/null >/dev/null 2>&1 &"
vm:sh "nc -ll -p 7 -e cat </dev/null >/dev/null 2>&1 &"
wait.all { vm:port(7), vm:port(9) }
for _ = 1, 5 do
  local lines <close> = ports:dial(9)
  lines:read(1)
  local started, count = now(), 0
  for _ in lines:lines() do count = count + 1 end
  print("line", (now() - started) / count)
end
-- What has come already: the host's part alone.
for _ = 1, 5 do
  local lines <close> = ports:dial(9)
  repeat
    local before = wait(lines)
    wait(0.2)
  until wait(lines) == before
  local started, count = now(), 0
  for _ = 1, 100000 do
    lines:read "line"
    count = count + 1
  end
  print("kept", (now() - started) / count)
end
local echo <close> = ports:dial(7)
for _ = 1, 300 do
  local started = now()
  echo:write "question\n"
  echo:read "line"
  print("answer", now() - started)
end
