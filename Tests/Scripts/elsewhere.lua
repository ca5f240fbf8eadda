-- Run from another directory: modules and here() go by the file, other paths by the directory.
-- run in: Tests
-- stdout: ScriptTests/ScriptRun.swift
assert(require "modules.check")
assert(io.open(here "elsewhere.lua") and io.open(here "modules/check.lua"))
print(assert(io.open "ScriptTests/ScriptRun.swift") and "ScriptTests/ScriptRun.swift")
