-- What the scripts beside this folder share.
local check = {}

--- Calls f, which must raise an error of this kind whose text has all the texts. Returns the error.
function check.raises(kind, texts, f, ...)
  local ok, err = pcall(f, ...)
  if ok then error("nothing was raised; expected: " .. kind, 2) end
  if type(err) == "string" and kind == "lua" then err = { kind = "lua", text = err } end
  if type(err) == "string" then error("a plain Lua error: " .. err, 2) end
  local shown = err.text or tostring(err)
  if err.kind ~= kind then error(("kind %s, not %s: %s"):format(err.kind, kind, shown), 2) end
  for _, text in ipairs(type(texts) == "table" and texts or { texts }) do
    if not shown:find(text, 1, true) then error(("no '%s' in: %s"):format(text, shown), 2) end
  end
  return err
end

function check.equal(got, wanted)
  if got ~= wanted then error(("got %s, not %s"):format(got, wanted), 2) end
end

--- The process of that name which this run started, the newest.
function check.child(name)
  local pipe <close> = io.popen("pgrep -n -P $PPID " .. name)
  return pipe:read("n") or error("no child process " .. name, 2)
end

--- Sends a signal to a process that this run started.
function check.kill(signal, pid) assert(os.execute(("kill -%s %d"):format(signal, pid))) end

return check
