-- Seconds of each of 200 commands in an idle guest, and what they are made of: name, seconds.
local vm = microvm {}
for _ = 1, 20 do vm:sh "true" end
wait(1)
for _ = 1, 200 do
  local started = now()
  vm:sh "true"
  print("command", now() - started)
  started = now()
  local inside = vm:exec { "sh", "-c", "true" }.seconds
  print("inside", inside)
  print("outside", now() - started - inside)
end
