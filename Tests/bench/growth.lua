-- What 10,000 commands leave in memory: name, bytes of it that the program has.
local vm = microvm {}
local function resident()
  collectgarbage() collectgarbage()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmRSS:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) * 1024 end
  end
end
for i = 1, 10000 do
  vm:exec { "true" }
  if i == 1000 then print("early", resident()) end
end
print("late", resident())
