std = "lua54"
max_line_length = 100
-- What vmscript puts beside print (stdlib/internal/prelude.lua).
globals = {
  "portmap", "socketpair", "tpm", "qemu", "microvm", "wait", "spawn", "parallel", "pattern", "now",
  "json", "here", "step", "skip",
}
files["stdlib/internal/prelude.lua"] = { read_globals = { "vmscript_host" }, globals = { "_G", "package" } }
files["Tests/Scripts"] = { ignore = { "2..", "3..", "4..", "5..", "1.." } }
