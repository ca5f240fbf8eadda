-- Each try sees another seed.
test("draws", function()
  local count = 0
  local name = os.getenv "FLAKE"
  local file = io.open(name)
  if file then count = file:read "n" file:close() end
  file = assert(io.open(name, "w"))
  file:write(count + 1) file:close()
  if count == 3 then error "the fourth time" end
end)
