-- What is random in a test does not depend on the tests before it.
local function address()
  local vm = microvm { start = false, net = { network() } }
  return table.concat(vm:args(), " "):match "mac=([%x:]+)"
end
test("one", function() print("one " .. address()) end)
test("two", function()
  print("two " .. address())
  if os.getenv "BREAK" then error "broken" end
end)
