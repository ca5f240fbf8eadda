-- The console: several texts at once and where they came, keys, rubbish, patterns that take for ever.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local vm <close> = microvm { name = "a" }
vm:expect "# "
local function say(text) vm:sh("printf '" .. text .. "' >/dev/console") end

-- The first in the text counts, not in the list; of two at one place the first in the list.
say [[one two three\n]]
equal(vm:expect { "three", "two" }, 2)
local key, text, rest = vm:expect { a = "never", b = pattern "t(h.*)$" }
equal(key, "b") equal(text, "three") equal(rest, "hree")
say [[abc\nabc\n]]
equal(vm:expect { "abc", "ab" }, 1)
equal(vm:expect { z = "abc", y = "ab" }, "y")
local which, name = wait.any { out = vm:output { up = "two" }, gone = vm:exited() }
equal(which, "out") equal(name, "up")
equal(vm:expect "c", "c")

-- Where: the line, its number, its time; and what came before.
local early = now()
say [[first\nsecond\r\nlast \033[1;31mred\033[0m line\n]]
local found = vm:expect({ hit = pattern "(%a+) li(n)e" }, { before = true })
equal(found.key, "hit") equal(found.text, "red line") equal(found.line, "last red line")
equal(found.captures[1] .. found.captures[2], "redn") equal(found.column, 6)
equal(found.before, "\nfirst\nsecond\nlast ") equal(found.finished, true)
assert(found.time >= early - 0.01 and found.time <= now(), found.time)
local second = wait(vm:output("second", { where = true }))
equal(second.number, found.number - 1) equal(second.before, nil)

-- What a carriage return begins anew is a line of its own; "^" is a line's beginning alone.
say [[10%%\r20%%\rfull\n]]
equal(vm:expect(pattern "^20%%$"), "20%") equal(vm:expect(pattern "^full$"), "full")
say [[ab]]
equal(vm:expect "a", "a")
raises("timeout", "pattern '^b'", vm.expect, vm, pattern "^b", { timeout = 0.3 })
say [[\n]]

-- Keys, as the guest's terminal shows them.
vm:send("echo li''stens; cat -v; echo o''ver", { "enter" })
vm:expect "listens"
vm:send({ "up", "f5", "ctrl-right", "alt-x", "shift-tab", "delete" }, "typed", { "enter", "ctrl-d" })
vm:expect "^[[A^[[15~^[[1;5C^[x^[[Z^[[3~typed"
vm:expect "over"
vm:send("echo sle''eps; sleep 100", { "enter" })
vm:expect "sleeps"
vm:send({ "ctrl-c" }, "echo stop''ped\n")
vm:expect "stopped"

-- Rubbish: nothing is lost, nothing goes to the terminal raw.
vm:sh [[head -c 300000 /dev/urandom >/dev/console; printf 'n\000ul \303\033[31m half\377 \033]0;ti\007end\n' >/dev/console]]
equal(vm:expect(pattern "nul .- half.-end"), "nul \xc3 half\xff end")
local err = raises("timeout", "'a' or pattern 'b%d' or 'c\27'", vm.expect, vm,
  { "a", pattern "b%d", "c\27" }, { timeout = 0 })
for _, note in ipairs(err.notes) do assert(utf8.len(note) and not note:find "%c", note) end
assert(err.notes[1]:find "last lines of its console:", err.notes[1])

-- A pattern that would take for ever on a long line.
vm:sh "head -c 60000 /dev/zero | tr '\\0' x >/dev/console; echo >/dev/console"
local started = now()
raises("timeout", "timed out after 0.5 s", vm.expect, vm, pattern "x*x*x*x*x*x*y", { timeout = 0.5 })
assert(now() - started < 5, "the time-out did not reach the pattern")
equal(#vm:expect(pattern "x+"), 60000)
print "done"
