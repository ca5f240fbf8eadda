test("wants a program", function() process { "no-such-program-anywhere" } end)
