-- Programs of the host: their words, what they write and read, how they end, what they leave.
-- stdout: done
local check = require "modules.check"

-- What it was given; what it says; how it ends.
local p = process { "sh", "-c", 'echo "$0 $1 $2 $A ${B-none}"; pwd; echo complaint >&2; cat', "zero",
  { "user", id = "a,b", on = true }, 2.5, env = { A = "1", B = false }, cwd = "/usr", stdin = "text\n" }
check.equal(p.name, "sh")
check.equal(p:expect(pattern "^zero (%S+) 2.5 1 none"), "zero user,id=a,,b,on=on 2.5 1 none")
p:expect "/usr" wait.all { p:output "complaint", p:output "text" }
local exit = wait(p:exited())
check.equal(exit.code, 0) check.equal(exit.reason, "exited") check.equal(exit.signal, nil)
check.equal(p.pid, nil)
check.equal(p:read "line", "zero user,id=a,,b,on=on 2.5 1 none")
check.equal(p:read "all", "/usr\ntext\n") check.equal(p:read "line", nil)
check.equal(table.concat(p:args(), " ", 3), "zero user,id=a,,b,on=on 2.5")
check.equal(process { "echo", "a b", env = { X = "y", Z = false }, cwd = "/", start = false }:command(),
  "cd / && env -u Z X=y echo 'a b'")

-- Live lines, both ways; the end of its input.
local cat = process { "cat" }
check.equal(cat.name, "cat") check.equal(process { "/bin/cat", start = false }.name, "cat-2")
cat:write "one\ntwo\n"
local lines = cat:lines { timeout = 10 }
check.equal(lines(), "one") check.equal(lines(), "two")
check.raises("timeout", "something to read from process 'cat'", cat.read, cat, "line", { timeout = 0.1 })
cat:write "three" cat:finish()
check.equal(lines(), "three") check.equal(lines(), nil)
check.equal(wait(cat:exited()).code, 0)
check.raises("connection", "process 'cat' takes no standard input: it has ended", cat.write, cat, "x")
check.raises("connection", "it was given none (stdin = false)", function()
  local s <close> = process { "sleep", "60", stdin = false }
  s:write "x"
end)

-- Signals reach the process; an end that was asked for is no failure.
local trap = process { "sh", "-c", [[trap 'echo usr1' USR1; trap 'exit 7' TERM; echo up
  while :; do sleep 0.05; done]] }
trap:expect "up" trap:signal "USR1" trap:expect "usr1"
trap:signal(15)
exit = wait(trap:exited())
check.equal(exit.code, 7) check.equal(exit.reason, "exited")
exit = process { "sleep", "60" }:stop()
check.equal(exit.signal, 15) check.equal(exit.reason, "killed")
local deaf = process { "sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done" }
deaf:expect "up"
check.equal(deaf:stop { timeout = 0.1 }.signal, 9)
exit = process { "sleep", "60" }:kill()
check.equal(exit.signal, 9)

-- One that ends by itself is news for a wait that names it, and an error for others.
local bad = process { "sh", "-c", "echo told; echo why >&2; exit 3", name = "bad" }
local err = check.raises("exited", "process 'bad' exited with status 3: why", wait, bad:exited())
check.equal(err.code, 3) check.equal(err.process, "bad") check.equal(err.stderr, "why\n")
check.equal(err.machine, nil)
check.raises("exited", "status 3: why while waiting for text 'never'", bad.expect, bad, "never")
exit = wait(process { "sh", "-c", "kill -SEGV $$", may_exit = true }:exited())
check.equal(exit.reason, "crashed") check.equal(exit.signal, 11)
process { "false", may_exit = true }
wait(0.1)

-- Started again; what its group left behind goes with it.
local again = process { "sh", "-c", "sleep 1000 & echo $!", start = false }
check.raises("usage", "was not started yet", again.read, again)
again:start()
local pid = again:read "line" wait(again:exited())
-- Dead in a moment, though perhaps not reaped by whoever adopted it.
wait.eventually(function()
  return not os.execute("grep -q '^State:.[^ZX]' /proc/" .. pid .. "/status 2>/dev/null")
end, { timeout = 10 })
again:start() assert(again:read "line" ~= pid)

-- A cable's end is a descriptor of its own.
local mine, theirs = socketpair { name = "line" }
local shell = process { "sh", "-c", [[eval "read x <&$0"; eval "echo got $x >&$0"]], theirs }
check.equal(shell:args()[3], "<line.right>")
mine:write "it\n" check.equal(mine:read "line", "got it")
check.equal(wait(shell:exited()).code, 0) check.equal(mine:read "all", "")
local holder <close> = process { "sleep", "60", { fd = theirs }, name = "holder", may_exit = true }
wait(holder:exited())  -- sleep knows no "fd=3"

-- A write that is not taken any more is told so, and one that was taken is not.
local closer = process { "sh", "-c", "sleep 0.2; exec <&-; echo closed; sleep 60", name = "closer" }
check.raises("connection", "process 'closer' takes no standard input: it has closed it", closer.write, closer,
  ("x"):rep(1 << 20))
closer:expect "closed" closer:kill()
local ender = process { "sh", "-c", "sleep 0.2", name = "ender" }
check.raises("connection", "it has", ender.write, ender, ("x"):rep(1 << 20))
check.equal(wait(ender:exited()).code, 0)

-- Much output that nobody reads stops nothing, and is all there.
local seq = process { "seq", "60000" }
wait(seq:exited())
local count = 0
for line in seq:lines() do count = count + 1 if line ~= tostring(count) then error(line) end end
check.equal(count, 60000)
-- Nor does much input, taken slowly.
local slow = process { "sh", "-c", "sleep 0.2; wc -c" }
slow:write(("x"):rep(1 << 20)) slow:finish()
check.equal(slow:read "line", tostring(1 << 20))

local curl = process { "curl", "-sS", "file:///etc/passwd" }
assert(curl:read("all"):find "^root:")
check.equal(require "vmscript".process, process)
print "done"
