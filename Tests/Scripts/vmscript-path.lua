-- Modules are found in VMSCRIPT_PATH, and in the user's LuaRocks tree.
-- environment: VMSCRIPT_PATH=Tests/Scripts/modules
-- environment: HOME=Tests/Scripts/home
-- stdout: from the path, from a rock
print(require "onpath" .. ", " .. require "rock")
