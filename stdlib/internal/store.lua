-- Folders that are made once and kept in the user's cache, found by what they were made from.
local host = require "internal.host"
local shell = require "internal.shell"

local q = shell.quote
local store = {}

--- $XDG_CACHE_HOME/vmscript/images, or below $HOME/.cache.
local function folder()
  local cache, home = os.getenv "XDG_CACHE_HOME", os.getenv "HOME"
  if cache and cache:sub(1, 1) == "/" then return cache .. "/vmscript/images" end
  if home and home:sub(1, 1) == "/" then return home .. "/.cache/vmscript/images" end
  host.fail("missing", "there is no home directory to keep images in: set XDG_CACHE_HOME")
end

--- What a build wrote at its end, and the line of it that says why it failed: apt's first error.
local function complaint(log)
  local lines, reason = {}, nil
  for line in log:gmatch "[^\r\n]+" do
    lines[#lines + 1] = line
    if not reason and line:find "^E: " then reason = line end
  end
  local notes = {}
  for i = math.max(1, #lines - 14), #lines do notes[#notes + 1] = "  " .. lines[i] end
  return reason or lines[#lines] or "no reason given", notes
end

--- The folder that the recipe makes: from the cache, or made now. `recipe` has `name` (for messages
--- and the folder), `text` (all that it is made from), `programs` (what `shell.demand` takes) and
--- `script(stage, key)`, a shell script that makes it in its working folder; `stage` is a folder
--- for what it needs on the way. Two runs make it once; a failed or killed one leaves nothing.
function store.make(recipe)
  local is_rehearsal = host.rehearse()
  local stage = not is_rehearsal and host.scratch()
  local text = stage and stage .. "/text" or os.tmpname()
  shell.write(text, recipe.text)
  local sum = shell.output(("sha256sum <%s 2>/dev/null"):format(q(text)))
  if is_rehearsal then os.remove(text) end
  if not sum then shell.demand(recipe.programs) end
  local key = sum:match "%x+"
  local images = folder()
  local final = ("%s/%s-%s"):format(images, recipe.name, key:sub(1, 16))
  local used = io.open(final .. "/used", "r+")
  if used then
    used:write(os.time(), "\n")
    used:close()
    return final, key
  end
  shell.demand(recipe.programs)
  if is_rehearsal then host.rehearse(("the image %s to be built, once"):format(recipe.name)) end
  local new = ("%s/.building-%s"):format(images, stage:match "([^/]+)/[^/]+$")
  host.guard(new, true)
  local _ <close> = setmetatable({}, { __close = function() host.guard(new, false) end })
  shell.write(stage .. "/build", table.concat({
    "set -eu",
    'export PATH="$PATH:/usr/sbin:/sbin"',
    ("final=%s images=%s stage=%s new=%s"):format(q(final), q(images), q(stage), q(new)),
    "trap 'cd /; rm -rf \"$new\"' EXIT",
    "trap 'exit 143' HUP INT TERM",
    'exec 9>"$images/.lock"',
    'flock "$@" 9',
    'if [ -e "$final/used" ]; then exit 0; fi',  -- who held the lock before made it
    -- What nobody has used for a month; then what a builder left whose guardian was killed too.
    "find \"$images\" -mindepth 2 -maxdepth 2 -name used -mtime +30 -printf '%h\\0' |",
    "  xargs -0r rm -rf",
    'rm -rf "$images"/.building-* "$final"',
    'mkdir -m 700 "$new"', 'cd "$new"',  -- a recipe may have passwords
    recipe.script(stage, key),
    'cp "$stage/text" recipe', ": >used",
    'mv "$new" "$final"', "",
  }, "\n"))
  local log = stage .. "/log"
  -- The shell that builds is what is waited for, also when it is ended: it cleans up last.
  local command = ("mkdir -p %s && exec sh %s %%s >%s 2>&1 </dev/null"):format(
    q(images), q(stage .. "/build"), q(log))
  host.say(("building the image %s, once: it takes some minutes"):format(recipe.name))
  local done, _, code = os.execute(command:format "--nonblock --conflict-exit-code 75")
  if code == 75 then
    host.say "waiting for another vmscript, which builds an image"
    done = os.execute(command:format "")
  end
  if not done then
    local file <close> = io.open(log, "rb")
    local reason, notes = complaint(file and file:read "a" or "")
    host.fail("launch", ("the image %s could not be built: %s"):format(recipe.name, reason), notes)
  end
  return final, key
end

return store
