local check = require "vmscript.check"
test("third", { timeout = 20 }, function() check.equal(2, 2) end)
