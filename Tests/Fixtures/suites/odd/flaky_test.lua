-- Fails at its first try: the file that $FLAKE names tells the tries apart.
test("steady", function() end)
test("moody", function()
  local name = os.getenv "FLAKE"
  local file = io.open(name)
  if file then return file:close() end
  assert(io.open(name, "w")):close()
  error "not this time"
end)
