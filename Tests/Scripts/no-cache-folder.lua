-- status: 3
-- environment: XDG_CACHE_HOME=/proc/nowhere
-- stderr: no-cache-folder.lua:5: the default guest cannot be kept: /proc/nowhere/vmscript/guest: cannot make /proc/nowhere
-- stderr: XDG_CACHE_HOME can name another place
microvm {}
