test("passes", function() end)
os.exit(7)
