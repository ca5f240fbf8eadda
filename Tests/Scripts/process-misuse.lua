-- What a process cannot be given, and what is not there.
-- stdout: done
local check = require "modules.check"
local function no(texts, ...) check.raises("usage", texts, ...) end
local p <close> = process { "sleep", "60" }
no("process wants a table", process) no("process wants a table of fields", process, "ls")
no("wants a program first", process, {}) no("got 5", process, { 5 }) no("'' is none", process, { "" })
no("did you mean 'cwd'?", process, { "ls", cdw = "/" })
no("argument 1 wants a string, a number, an option table", process, { "ls", true })
no("argument 1 wants text in UTF-8", process, { "ls", "a\0b" })
no("as in ports[80]", process, { "ls", portmap { 80 } })
no("takes a cable's end alone", process, { "ls", { x = portmap { 80 } } })
no("field 'stdin' wants the text", process, { "ls", stdin = 5 })
no("field 'env' wants a table", process, { "ls", env = "x" })
no("field 'may_exit' wants true or false", process, { "ls", may_exit = 1 })
no("field 'name' wants 1 to 63 letters", process, { "ls", name = "a b" })
check.raises("missing", { "there is no program 'no-such-program' in PATH (" }, process, { "no-such-program" })
check.raises("missing", "there is no program './nowhere'", process, { "./nowhere" })
no("'/usr' is a directory", process, { "/usr" })
no("may not be executed (chmod +x)", process, { here "process.lua" })
check.raises("missing", "cwd '/nowhere': No such file", process, { "ls", cwd = "/nowhere" })
no("cwd '/etc/passwd' is no directory", process, { "ls", cwd = "/etc/passwd" })
no("kill wants a process before it, got no value", function() p.kill() end)
no("a process has no field 'finnish'; did you mean 'finish'?", function() p:finnish() end)
no("wait for process:exited()", wait, p)
no("there is no signal 'TREM'; did you mean 'TERM'?", p.signal, p, "TREM")
no("got 0", p.signal, p, 0) no("got a table", p.signal, p, {})
no("write wants a string", p.write, p, {}) no("number of bytes", p.read, p, "words")
no("running already", p.start, p) no("finite", p.stop, p, { timeout = math.huge })
no("expect wants the text", p.expect, p) no("did you mean 'timeout'?", p.expect, p, "x", { timeot = 1 })
no("\"frames\" or \"bytes\"", socketpair, { carries = "words" })
local left, right = socketpair()
local one <close> = process { "sh", "-c", "sleep 60", left, name = "one" }
no("cable end 'cable.left' is in process 'one'", process, { "sleep", "60", left })
no("in process 'one'", left.write, left, "x")
no("cannot carry frames", microvm, { name = "m", kernel = arg[0], net = { right } })
one:stop()
check.raises("exited", "has ended", one.signal, one, "TERM")
check.raises("timeout", { "timed out after 0.1 s waiting for text 'x' of process 'sleep'" },
  p.expect, p, "x", { timeout = 0.1 })
local unstarted = process { "true", name = "later", start = false }
for _, method in ipairs { "expect", "read", "lines", "write", "finish", "signal", "exited" } do
  no("process 'later' was not started yet; call later:start()", unstarted[method], unstarted, "x")
end
-- One that does not read.
check.raises("timeout", "the other side does not read", p.write, p, ("x"):rep(1 << 20), { timeout = 0.1 })
print "done"
