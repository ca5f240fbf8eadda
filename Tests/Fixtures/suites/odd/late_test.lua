test("has no time", { timeout = 0.2 }, function() wait(60) end)
test("has time again", { timeout = 20 }, function() wait(0.3) end)
