#!/usr/bin/env -S vmscript run
-- As a program of its own, with arguments that look like options.
-- run as: program
-- arguments: --timeout -x last
-- status: 5
-- stdout: program.lua	--timeout	-x	last
print(arg[0]:match "[^/]*$", ...)
os.exit(5)
