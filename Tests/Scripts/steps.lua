-- A failure names the steps that it ended, and no others.
-- status: 1
-- stderr: steps.lua:14: late
-- stderr: in step 'outer' › 'inner'
-- not-stderr: 'caught'
-- not-stderr: 'beside'
-- not-stderr: 'over'
pcall(step, "caught", error, "early")
step("over", function() end)
spawn(function() step("beside", function() wait(60) end) end)
step("outer", function()
  pcall(step, "caught", error, "early")
  step("inner", function()
    wait(0) error "late"
  end)
end)
