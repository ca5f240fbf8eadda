test("is busy", function() while true do end end)
