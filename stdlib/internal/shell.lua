-- Programs of the host, for the library's own modules.
local host = require "internal.host"

local shell = {}

--- A word that the shell takes as it is.
function shell.quote(text) return "'" .. tostring(text):gsub("'", [['\'']]) .. "'" end

--- Standard output of a command without its last line feeds; nil if it failed.
function shell.output(command)
  local pipe <close> = assert(io.popen(command))
  local text = pipe:read "a"
  return pipe:close() and text:gsub("\n+$", "") or nil
end

--- Writes a file of the host.
function shell.write(path, text)
  local file, reason = io.open(path, "wb")
  if not file then host.fail("launch", "cannot write " .. reason) end
  local _ <close> = file
  local done, why = file:write(text)
  if not done or not file:flush() then host.fail("launch", ("%s: %s"):format(path, why)) end
end

--- Raises an error of kind missing for the first program that is not there: { program = package }.
function shell.demand(packages)
  local names = {}
  for name in pairs(packages) do names[#names + 1] = name end
  table.sort(names)
  local test = 'PATH="$PATH:/usr/sbin:/sbin"; '
    .. 'for p in %s; do command -v "$p" >/dev/null || echo "$p"; done'
  local missing = {}
  for name in (shell.output(test:format(table.concat(names, " "))) or ""):gmatch "%S+" do
    missing[#missing + 1] = packages[name]
  end
  if #missing == 0 then return end
  host.fail("missing", ("an image is built with programs that are not on this host: "
    .. "%s"):format(host.remedy(missing)))
end

return shell
