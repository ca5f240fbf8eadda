-- All kinds of calls, with a server of another make (Python's) that describes itself by reflection.
-- It runs on the host; the guest hands its port on to it.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

local set = os.tmpname()
assert(os.execute("protoc -I Tests/Fixtures/Protos --include_imports --descriptor_set_out=" .. set
  .. " shapes.proto"))
local python = os.getenv "VMSCRIPT_TEST_PYTHON" or ".build/test-python/bin/python"
local server = io.popen(("exec %s Tests/Fixtures/grpc_server.py %s"):format(python, set))
local port = assert(server:read "n", "no server: make test installs what it needs")

local ports = portmap { 50051, { guest = 53, protocol = "udp" } }
local vm = microvm { name = "relay", ports = ports, user_net = { internet = true } }
vm:sh(("nc -ll -p 50051 -e nc 10.42.0.2 %d >/dev/null 2>&1 &"):format(port))
raises("usage", "grpc wants a mapped TCP port of the guest, got 80; mapped: 50051", ports.grpc, ports, 80)
raises("usage", "got 53; mapped: 50051", ports.grpc, ports, 53)

-- Reflection.
local client = ports:grpc(50051)
local services = wait.eventually(function() return client:services() end)
equal(#services, 1) equal(services[1], "shapes.v1.Shapes")
raises("usage", "has no service 'shapes.v1.Shaped'; did you mean 'shapes.v1.Shapes'?",
  client.call, client, "shapes.v1.Shaped/Echo")
raises("usage", "has no method 'Ecko'; did you mean 'Echo'?", client.call, client, "Shapes/Ecko")

-- One message each way: through Python's codec and back.
local sent = {
  f_double = 0.1, f_float = 0.5, f_int64 = math.mininteger, f_uint64 = "18446744073709551615",
  f_int32 = -1, f_fixed64 = 1, f_fixed32 = 2, f_bool = true, f_string = "é", f_bytes = "\0\xff",
  f_uint32 = 3, f_colour = "ALSO_BLUE", f_sfixed32 = -4, f_sfixed64 = -5, f_sint32 = -6,
  f_sint64 = -7, maybe = 0, packed = { 1, -1 }, loose = { 2 }, texts = { "a", "" },
  inners = { { name = "x", inner = { numbers = { 1, 2 } } } }, colours = { "RED", 77 },
  by_name = { a = 1 }, by_number = { { name = "one" } }, by_truth = { ["false"] = "no" },
  by_big = { ["18446744073709551615"] = "RED" }, choice_text = "", when = 1700000000,
  span = -1.5, structure = { a = { 1, { b = true } } }, value = "v", list = { 1 },
  any = { ["@type"] = "shapes.v1.Number", value = 7 }, mask = { "a.b" }, wrapped = 0,
}
local reply, info = client:call("shapes.v1.Shapes/Echo", sent,
  { metadata = { token = "t", ["raw-bin"] = "\xff\0" } })
local schema = proto.load { descriptors = set }
local function bytes(message) return schema:encode("Everything", message) end
equal(bytes(reply), bytes(sent))
equal(reply.f_uint64, "18446744073709551615") equal(reply.colours[2], 77) equal(reply.maybe, 0)
equal(info.metadata.seen, "t") equal(info.trailers.many[2], "2")
equal(info.trailers["raw-bin"], "\xff\0\0")
equal((client:call "Shapes/Echo").f_int32, 0)
raises("usage", "has no field 'f_in32'; did you mean 'f_int32'?", client.call, client,
  "Shapes/Echo", { f_in32 = 1 })
raises("usage", "is a stream: use client:stream", client.call, client, "Shapes/Count", {})

-- The other kinds.
local numbers = {}
for message in client:stream("Shapes/Count", { value = 5 }):messages() do
  numbers[#numbers + 1] = message.value
end
equal(table.concat(numbers, " "), "1 2 3 4 5")
local sum = client:stream "Shapes/Sum"
for i = 1, 100 do sum:send { value = i } end
sum:finish()
equal(sum:read().value, 5050) equal(sum:read(), nil) equal(sum:read(), nil)
assert(sum.metadata and sum.trailers)
raises("usage", "after finish()", sum.send, sum, { value = 1 })
local chat = client:stream("Shapes/Chat", nil, { metadata = { token = "c" } })
chat:send { text = "hi" } equal(chat:read().text, "you said hi")
-- An event among others.
chat:send { text = "slow" }
equal(wait.any { message = chat, time = 0.1 }, "time")
local which, message = wait.any { message = chat, time = 20 }
equal(which, "message") equal(message.text, "you said slow")
raises("timeout", "timed out after 0.1 s waiting for a message of Shapes/Chat on port 50051",
  chat.read, chat, { timeout = 0.1 })
chat:finish() equal(chat:read(), nil)
raises("usage", "takes one shapes.v1.Number", client.stream, client, "Shapes/Count")

-- Statuses.
local err = raises("connection", "Shapes/Fail on port 50051: NOT_FOUND: no such thing",
  client.call, client, "Shapes/Fail", { code = 5, message = "no such thing" })
equal(err.code, 5) equal(err.status, "NOT_FOUND") equal(err.detail, "no such thing")
equal(err.machine, "relay") equal(err.trailers.why, "asked")
for code, name in pairs { "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", [16] = "UNAUTHENTICATED" } do
  err = raises("connection", name, client.call, client, "Shapes/Fail", { code = code })
  equal(err.code, code)
end
local bye = client:stream("Shapes/Chat", { text = "bye" })
err = raises("connection", "FAILED_PRECONDITION: said bye", bye.read, bye)
equal(err.code, 9)
raises("connection", "FAILED_PRECONDITION", bye.send, bye, { text = "x" })

-- Deadlines, and what is cancelled or closed.
local before = now()
err = raises("timeout", "timed out after 0.3 s waiting for Shapes/Sleep on port 50051", client.call,
  client, "Shapes/Sleep", { value = 5000 }, { timeout = 0.3 })
assert(now() - before < 3) equal(err.code, 4) equal(err.status, "DEADLINE_EXCEEDED")
local limited = client:stream("Shapes/Chat", nil, { timeout = 0.3 })
raises("timeout", "timed out after 0.3 s", limited.read, limited)
local task = spawn(function() client:call("Shapes/Sleep", { value = 60000 }) end)
wait(0.1) task:cancel() raises("assertion", "was cancelled", wait, task)
do
  local closed <close> = client:stream "Shapes/Chat"
  closed:close() raises("connection", "CANCELLED: closed by the script", closed.read, closed)
end
for _ = 1, 20 do client:stream "Shapes/Chat" end -- dropped, with nobody left to close them
collectgarbage() collectgarbage()

-- More than fits anywhere: neither side runs ahead of the other without bound.
local padding = ("x"):rep(200000)
local flood = client:stream "Shapes/Chat"
local sender = spawn(function()
  for _ = 1, 100 do flood:send { text = "more", padding = padding } end
  flood:finish()
end)
local count = 0
for _ in flood:messages() do count = count + 1 end
wait(sender) equal(count, 100)
raises("connection", "ports:grpc takes max_message", client.call, client, "Shapes/Echo",
  { f_bytes = ("x"):rep(5000000) })
local wide = ports:grpc(50051, { max_message = "16M", schema = schema, timeout = 30 })
equal(#wide:call("Shapes/Echo", { f_bytes = ("x"):rep(5000000) }).f_bytes, 5000000)

-- Side by side.
local tasks = {}
for i = 1, 20 do
  tasks[i] = spawn(function() return client:call("Shapes/Sleep", { value = i }).value end)
end
for i, value in ipairs(wait.all(tasks)) do equal(value, i) end

-- Wrong options.
for options, words in pairs {
  [{ proto = "x", schema = schema }] = "takes one of", [{ timeout = -1 }] = "number of seconds",
  [{ schema = 1 }] = "what proto.load returns", [{ tls = true }] = "no field 'tls'",
  [{ metadata = { ["a b"] = "x" } }] = "names of letters", [{ metadata = { a = "é" } }] = "printable ASCII",
  [{ metadata = { ["grpc-timeout"] = "1S" } }] = "gRPC's own", [{ metadata = { a = {} , b = true } }] = "wants a string",
} do raises("usage", words, ports.grpc, ports, 50051, options) end
raises("usage", "a method is named as in", client.call, client, "Echo")
raises("usage", "call wants a method", client.call, client)

-- The helper is killed: an error that says so, and the next call has another.
chat = client:stream("Shapes/Chat", { text = "x" }) chat:read()
check.kill("KILL", check.child "vmscript-grpc")
raises("connection", "the program that makes gRPC calls, vmscript-grpc, was ended by signal 9", chat.read, chat)
equal(client:call("Shapes/Echo", { f_int32 = 3 }).f_int32, 3)

-- The server goes, then the machine.
chat = client:stream("Shapes/Chat", { text = "x" }) chat:read()
vm:sh "killall nc"
err = raises("connection", "UNAVAILABLE", chat.read, chat)
equal(err.code, 14)
raises("connection", "UNAVAILABLE", client.call, client, "Shapes/Echo")
vm:sh(("nc -ll -p 50051 -e nc 10.42.0.2 %d >/dev/null 2>&1 &"):format(port))
wait.eventually(function() return client:call "Shapes/Echo" end)
os.remove(set)
print "done"
