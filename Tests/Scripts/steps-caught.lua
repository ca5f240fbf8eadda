-- status: 1
-- stderr: steps-caught.lua:5: late
-- not-stderr: in step
pcall(step, "caught", error, "early")
error "late"
