std = "lua54"
max_line_length = 100
-- What vmscript puts beside print (stdlib/internal/prelude.lua).
globals = {
  "portmap", "socketpair", "network", "disk", "uefi", "tpm", "qemu", "microvm", "process", "guest", "wait", "spawn", "parallel",
  "race", "within", "timer", "signal", "pattern", "now", "json", "proto", "here", "step", "skip", "test", "scope", "options",
}
files["stdlib/internal/prelude.lua"] = { read_globals = { "vmscript_host" }, globals = { "_G", "package" } }
exclude_files = { "Tests/Fixtures/check", "Tests/Scripts/syntax-error.lua", "Tests/Scripts/modules/broken.lua" }
-- Their headers quote whole messages; what they leave unused is what they test.
files["Tests/Scripts"] = { max_line_length = false, ignore = { "2..", "3..", "4..", "5..", "1.." } }
