test("fine", function() end)
