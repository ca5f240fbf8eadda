-- The library of scripts/resilience, installed by LuaRocks into a tree, and used from there.
-- stdout: from the tree
local check = require "vmscript.check"
local function run(command)
  local pipe <close> = assert(io.popen("exec 2>&1; " .. command))
  local text = pipe:read "a"
  check.truthy(pipe:close(), text)
  return text
end
local tree = run('mktemp -d "$TMPDIR/tree.XXXXXX"'):gsub("\n", "")
local _ <close> = setmetatable({}, { __close = function() run("rm -r " .. tree) end })
run "cd scripts/resilience && HOME=/nonexistent luarocks --lua-version 5.4 lint *.rockspec"
run(([[mkdir %s/library && cp scripts/resilience/* %s/library && cd %s/library &&
  HOME=%s luarocks --lua-version 5.4 --tree %s make *.rockspec]]):format(tree, tree, tree, tree, tree))
local file <close> = assert(io.open(tree .. "/script.lua", "w"))
file:write [[
local outage = require "resilience.outage"
print(debug.getinfo(outage.watch, "S").source)
local watch <close> = outage.watch(function() return true end, { interval = 0 })
wait(0.1)
assert(watch:stop().failures == 0)
outage.watch(print, { intervall = 1 })
]]
file:flush()
local text = table.concat { run(([[LUA_PATH='%s/share/lua/5.4/?.lua' "$VMSCRIPT" run %s/script.lua || true]])
  :format(tree, tree)) }
check.contains(text, "@" .. tree .. "/share/lua/5.4/resilience/outage.lua\n")
check.contains(text, "script.lua:6: outage.watch has no field 'intervall'; did you mean 'interval'?")
print "from the tree"
