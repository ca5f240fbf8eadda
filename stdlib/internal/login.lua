-- A shell on a machine's console, for guests without an agent. docs/manual.md describes it.
local fields = require "internal.fields"
local host = require "internal.host"

local login = {}

--- Seconds of silence after which somebody at a terminal would press Enter.
local SILENCE = 3
--- A terminal takes lines of 4095 bytes at most (termios(3)).
local PIECE = 1000

local KNOWN = { user = "string", password = "string", timeout = "number" }
local LOGIN = pattern "[Ll]ogin: *$"
local PASSWORD = pattern "[Pp]assword.*: *$"
local PROMPT = pattern "[#$%%>] *$"
local REFUSED = {
  incorrect = "ogin incorrect", failure = "uthentication failure", tries = "tries exceeded",
  expired = "equired to change your password", closed = "account is currently not available",
}

--- What runs instead of the user's own shell, whose prompt, echo and line editing nobody needs
--- here; as a job of it, since a bash that is replaced gives its terminal back to login, which a
--- SIGQUIT then ends with the session (seen with Debian 12). It reads a command in pieces ("+…"),
--- runs it ("=number") with its output in a pipe, as an agent would, and says where that begins and
--- ends in words that its own text does not have. Sed ends with the command, though a daemon may
--- keep the pipe open; busybox's wants to see a line more before it does. "?…" is answered, "!"
--- ends it.
local LOOP = table.concat({
  [[trap "i=1" INT QUIT; ulimit -c 0; stty sane -echo -onlcr 2>/dev/null; dmesg -n 1 2>/dev/null;]],
  [[TERM=dumb; export TERM; c=; i=; echo "$0:up.";]],
  [[while :; do IFS= read -r l || { [ "$i" ] || exit; i=; continue; }; case $l in]],
  [[+*) c=$c${l#+}; echo "$0:more.";;]],
  [[=*) n=$0:${l#=}; echo "$n:[";]],
  [[{ (eval "$(printf %b "$c")") 2>&1 </dev/null; s=$?;]],
  [[printf "\n%s\n\n" "$n:]$s."; } |]],
  [[LC_ALL=C sed "/^$n:]/q"; c=; echo "$n:!";;]],
  [[\?*) c=; i=; echo "$0:${l#?}.";; !) exit;; esac; done]],
}, " ")

--- Waits for one of the texts, at most so long. Nil if none came; with `unfinished`, only a line
--- that is not finished counts, as a prompt's.
local function await(vm, texts, seconds, boot, unfinished)
  local deadline = host.now() + seconds
  while true do
    local ok, found = pcall(host.console_expect, vm, texts,
      { timeout = math.max(0, deadline - host.now()), boot = boot })
    if not ok then
      -- A limit from outside, such as wait.eventually's, is not ours to go on from.
      local isOwn = type(found) == "userdata" and found.kind == "timeout"
        and host.now() >= deadline
      if not isOwn then error(found, 0) end
      return nil, found
    end
    if not unfinished or not found.finished then return found.key or true, found end
  end
end

local function check(options)
  if type(options) == "table" and options.prompt ~= nil then
    local rest = {}
    for name, value in pairs(options) do if name ~= "prompt" then rest[name] = value end end
    local prompt = options.prompt
    if type(prompt) ~= "string" and tostring(prompt):find("^pattern ") ~= 1 then
      fields.wrong("login", "prompt", "a text or pattern \"…\"", prompt)
    end
    return fields.check("login", rest, KNOWN), prompt
  end
  if type(options) == "table" then
    for name in pairs(options) do
      if not KNOWN[name] then
        host.fail("usage", ("login has no field '%s'%s"):format(tostring(name),
          host.hint(tostring(name), { "password", "prompt", "timeout", "user" })))
      end
    end
  end
  return fields.check("login", options, KNOWN), PROMPT
end

local Shell = {}
Shell.__index = Shell
Shell.__name = "shell"

function Shell.__tostring(shell) return ("shell on machine '%s'"):format(shell.name) end

--- Waits for a prompt, and presses Enter when nothing is said.
local function reach(vm, texts, late, boot)
  while true do
    local before = host.console_length(vm)
    local left = late()
    local key = await(vm, texts, math.min(SILENCE, left), boot, true)
    if key then return key end
    if host.console_length(vm) == before then vm:send { "enter" } end
  end
end

--- Logs in, and returns a shell.
function login.login(vm, options)
  local _, boot = host.console_length(vm)
  if not boot then
    host.fail("usage", ("login wants a machine before it, got %s; call it with ':', as in "
      .. "m:login(…)"):format(type(vm)))
  end
  local given, prompt = check(options)
  local user, timeout = given.user or "root", given.timeout or host.default_timeout()
  if timeout ~= timeout or timeout < 0 then
    fields.wrong("login", "timeout", "a number of seconds", timeout)
  end
  for _, name in ipairs { "user", "password" } do
    if (given[name] or ""):find "%c" then
      host.fail("usage", ("login: field '%s' has control characters"):format(name))
    end
  end
  vm:send ""  -- it must run
  local deadline = host.now() + timeout
  local what = "a login prompt or a shell"
  local function fail(kind, text, found)
    host.fail(kind, text, found and found.notes, { machine = vm.name })
  end
  --- The seconds that are left.
  local function late(found)
    local left = deadline - host.now()
    if left > 0 then return left end
    local _, last = await(vm, { never = "\1" }, 0, boot)
    fail("timeout", ("timed out after %g s waiting for %s on the console of machine '%s'")
      :format(timeout, what, vm.name), found or last)
  end
  local function refuse(key, found)
    if not REFUSED[key] then return end
    fail("command", ("login as '%s' on machine '%s' was refused: '%s'"):format(user, vm.name,
      found.line))
  end

  while true do
    if reach(vm, { login = LOGIN, shell = prompt }, late, boot) == "shell" then break end
    vm:send(user, { "enter" })
    what = "the answer to user '" .. user .. "'"
    local answers = { password = PASSWORD, shell = prompt }
    for key, text in pairs(REFUSED) do answers[key] = text end
    local key, found = await(vm, answers, math.min(5 * SILENCE, late()), boot)
    refuse(key, found or {})
    if key == "password" then
      if not given.password then
        fail("command", ("login as '%s' on machine '%s' wants a password: give login its field "
          .. "'password'"):format(user, vm.name))
      end
      vm:send(given.password, { "enter" })
      what = "a shell's prompt"
      answers.password, answers.again = nil, LOGIN
      -- What a shell says before its prompt may look like one.
      repeat
        key, found = await(vm, answers, late(), boot)
        refuse(key, found or {})
      until not key or not found.finished
      if key == "again" then
        fail("command", ("login as '%s' on machine '%s' was refused"):format(user, vm.name))
      end
      if not key then late(found) end
    end
    if key == "shell" then break end
  end

  local mark = "vms-" .. host.token()
  local shell = setmetatable({ vm = vm, name = vm.name, mark = mark, boot = boot, count = 0 },
    Shell)
  vm:send(("sh -c '%s' %s; exit"):format(LOOP, mark), { "enter" })
  what = "sh to start"
  local key, found = await(vm, { up = mark .. ":up." }, late(), boot)
  if not key then late(found) end
  return shell
end

--- Why it cannot be used any more, if so.
local function demand(shell, function_name)
  if getmetatable(shell) ~= Shell then
    host.fail("usage", ("%s wants a shell before it, got %s; call it with ':'"):format(
      function_name, type(shell)))
  end
  local _, boot = host.console_length(shell.vm)
  if boot ~= shell.boot then shell.over = "the machine has booted again since the login" end
  if shell.over then
    host.fail("agent", ("the shell on machine '%s' is over: %s; log in again with %s:login")
      :format(shell.name, shell.over, shell.name), nil, { machine = shell.name })
  end
  if shell.busy then
    host.fail("usage", ("the shell on machine '%s' runs a command already, for another task; it "
      .. "runs one at a time"):format(shell.name))
  end
end

--- A command that was given up has had its SIGINT then; what is left of it gets SIGQUIT. Programs
--- in the background ignore both. Returns when the shell has answered, or raises at the deadline.
local function recover(shell, timeout, deadline)
  shell.count = shell.count + 1
  local answer = ("still-%d"):format(shell.count)
  shell.vm:send({ "ctrl-\\" }, "?" .. answer .. "\n")
  local found, last = await(shell.vm, { yes = ("%s:%s."):format(shell.mark, answer) },
    math.max(0, deadline - host.now()), shell.boot)
  if not found then
    host.fail("timeout", ("timed out after %g s waiting for the shell on machine '%s' to be done "
      .. "with command '%s', which was given up before"):format(timeout, shell.name, shell.lost),
      last.notes, { machine = shell.name })
  end
  shell.lost = nil
end

local function short(command)
  local line = command:gsub("\n%s*", "; ")
  return #line > 120 and line:sub(1, 120) .. "…" or line
end

--- Runs a command and returns its status and output.
local function run(shell, command, options, what)
  demand(shell, what)
  if type(command) ~= "string" then
    host.fail("usage", ("%s wants a command as a string, got %s"):format(what, type(command)))
  end
  if command:find("\0", 1, true) then
    host.fail("usage", ("%s: a command has no zero bytes"):format(what))
  end
  local timeout = fields.check(what, options, { timeout = "number" }).timeout
    or host.default_timeout()
  local deadline = host.now() + timeout
  shell.busy = true
  local done = false
  local _ <close> = setmetatable({}, { __close = function()
    shell.busy = nil
    if done then return end
    shell.lost = shell.lost or short(command)
    pcall(shell.vm.send, shell.vm, { "ctrl-c" })
  end })
  --- An error of kind agent is a new boot.
  local function tried(ok, ...)
    if ok then return ... end
    local reason = ...
    if type(reason) == "userdata" and reason.kind == "agent" then
      done, shell.busy = true, nil
      demand(shell, what)
    end
    error(reason, 0)
  end
  if shell.lost then tried(pcall(recover, shell, timeout, deadline)) end
  local function expect(texts)
    local key, found = tried(pcall(await, shell.vm, texts, math.max(0, deadline - host.now()),
      shell.boot))
    if key then return key, found end
    host.fail("timeout", ("timed out after %g s waiting for command '%s' in the shell on machine "
      .. "'%s'"):format(timeout, short(command), shell.name), found.notes,
      { machine = shell.name })
  end
  shell.count = shell.count + 1
  local name = ("%s:%d"):format(shell.mark, shell.count)
  local text = command:gsub("[^ -%[%]-~]", function(c) return ("\\0%03o"):format(c:byte()) end)
  for at = 1, #text, PIECE do
    shell.vm:send("+" .. text:sub(at, at + PIECE - 1) .. "\n")
    -- What follows the last piece fits behind it.
    if at + PIECE <= #text then expect(shell.mark .. ":more.") end
  end
  shell.vm:send(("=%d\n"):format(shell.count))
  expect(name .. ":[")
  local ending = name:gsub("%-", "%%-")
  local key, found = expect { ended = pattern(ending .. ":%](%d+)%."), lost = name .. ":!" }
  done = true
  local output = found.before:gsub("^\n", ""):gsub("\n+$", "")
  if key == "lost" then
    host.fail("command", ("the status of command '%s' in the shell on machine '%s' is not known: "
      .. "it was interrupted, or something else wrote on the console at its end"):format(
      short(command), shell.name), nil, { machine = shell.name, stdout = output })
  end
  return math.tointeger(found.captures[1]), output
end

local function fail(shell, command, status, output)
  local last = output:match "([^\n]+)\n*$"
  local notes, lines = {}, {}
  for line in output:gmatch "[^\n]+" do lines[#lines + 1] = line end
  for i = math.max(1, #lines - 9), #lines > 1 and #lines or 0 do
    notes[#notes + 1] = "output: " .. lines[i]
  end
  host.fail("command", ("command '%s' in the shell on machine '%s' exited with status %d%s")
    :format(short(command), shell.name, status, last and ": " .. last or ""), notes,
    { machine = shell.name, code = status, stdout = output })
end

--- What the command printed, without trailing newlines; raises if its status is not 0.
function Shell:sh(command, options)
  local status, output = run(self, command, options, "sh")
  if status ~= 0 then fail(self, command, status, output) end
  return output
end

--- Status and output; raises if the command succeeds, or could not be run.
function Shell:fails(command, options)
  local status, output = run(self, command, options, "fails")
  if status == 0 then
    host.fail("command", ("command '%s' in the shell on machine '%s' succeeded, and should fail")
      :format(short(command), self.name), nil, { machine = self.name })
  end
  if status == 126 or status == 127 then fail(self, command, status, output) end
  return status, output
end

--- Ends it; the console asks for a login again.
function Shell:logout()
  demand(self, "logout")
  if self.lost then
    local timeout = host.default_timeout()
    recover(self, timeout, host.now() + timeout)
  end
  self.vm:send "!\n"
  self.over = "it was logged out"
end

return login
