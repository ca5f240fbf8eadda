-- Tests of several outcomes, without a machine.
print("the first file speaks")

test("adds", function() assert(1 + 1 == 2) end)

test("breaks", { tags = { "net", "slow" } }, function()
  print("\27[31mred\27[0m and \7 a bell")
  error("it is broken")
end)

test("goes on", { tags = { "net" } }, function() wait(0.01) end)

test("does without", function() skip "no unicorn here" end)
