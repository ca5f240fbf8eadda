-- What boot.lua's machine runs as, one argument a line, to be run without vmscript.
for _, argument in ipairs(microvm { start = false }:args()) do print(argument) end
