-- A reader that goes away ends a script that prints much, as it ends any program.
-- stdout: 1
-- stdout: 10000000
local vmscript = "'" .. os.getenv "VMSCRIPT" .. "' run - 2>&1"
local function run(script, filter)
  local pipe <close> = io.popen("echo '" .. script .. "' | " .. vmscript .. filter)
  return pipe:read "a"
end
print(run("for i = 1, 1e6 do print(i) end print(wait)", " | head -n 1"))
print(#run("for i = 1, 10000 do io.write((\"x\"):rep(1000)) end", ""))
