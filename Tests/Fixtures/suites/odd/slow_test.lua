print "begun"
test("sleeps", function() wait(60) end)
test("comes later", function() end)
