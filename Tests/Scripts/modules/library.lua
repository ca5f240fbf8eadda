-- A library as others write them: its mistakes are its caller's.
local library = {}

local function read(given)
  local read = options(given, {
    name = options.required "string", count = 3, verbose = false, hosts = {},
    mode = options.one_of("fast", "slow"), vm = options.optional "machine",
    port = options.optional("integer", "string"), every = options.optional "seconds",
    retry = { times = 2, pause = 0.5 }, after = options.optional "function",
  }, "library.make")
  return read
end

function library.make(given) return read(given) end

function library.plain(given)
  local read = options(given, { name = "x" })
  return read
end

function library.tail(given) return options(given, { name = "x" }) end

function library.calls(f) f() end

function library.build(parts, fails)
  local s <close> = scope()
  for _, part in ipairs(parts) do s:add(part) end
  if fails then error "cannot go on" end
  s:release()
  return parts
end

return library
