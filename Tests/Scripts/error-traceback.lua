-- An error shows its line, and the frames of the script alone, each line once.
-- status: 1
-- stderr: vmscript: Tests/Scripts/error-traceback.lua:12: attempt to index a nil value (local 'x')
-- stderr:    12 │ return x.y
-- stderr:   called from:
-- stderr:     Tests/Scripts/error-traceback.lua:15 in function 'outer'
-- stderr:     Tests/Scripts/error-traceback.lua:18 in main chunk
-- not-stderr: [C]
-- not-stderr: vmscript prelude
-- not-stderr: error-traceback.lua:12 in
local function inner(x)
  return x.y
end
local function outer()
  local _ = step("inside", inner, nil)
  return _
end
outer()
