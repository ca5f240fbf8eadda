#!/usr/bin/env -S vmscript run
-- A Redis master stops answering, and the sentinels make another one. Does a write get lost?
--
--     a ───── b ───── c        b's bridge makes one network of the two cables
--
-- Each machine runs a Redis and a sentinel; a's Redis is the master, the others are its replicas
-- (b's for ever, since the network depends on b). A client on the host writes all the time, through
-- ports of the machines. It asks the sentinels who is master, as a client of Redis does, and calls
-- a write acknowledged when every replica that there is has it too (Redis's WAIT). So an
-- acknowledged write is in whichever replica is promoted.
--
-- Not promised: that a write without such an answer is lost, or that it is not; both happen. Nor
-- that anything outlives the loss of all three, since none of them writes to a disk.
-- stdout: no acknowledged write is lost

local redis = guest { packages = { "redis-server", "redis-sentinel" }, modules = { "bridge" } }
local ab, ba = socketpair { name = "a-b" }
local bc, cb = socketpair { name = "b-c" }
local nodes = {
  { name = "a", address = "10.0.0.1", net = { { ab, name = "lan", address = "10.0.0.1/24" } } },
  { name = "b", address = "10.0.0.2", net = { { ba, name = "to_a" }, { bc, name = "to_c" } } },
  { name = "c", address = "10.0.0.3", net = { { cb, name = "lan", address = "10.0.0.3/24" } } },
}
for _, node in ipairs(nodes) do
  node.ports = portmap { 6379, 26379 }
  node.vm = microvm { name = node.name, guest = redis, memory = "384M", net = node.net,
    ports = node.ports }
end
local a, b = table.unpack(nodes)

b.vm:sh [[
  ip link add lan type bridge
  ip link set to_a master lan; ip link set to_c master lan; ip link set lan up
  ip addr add 10.0.0.2/24 dev lan]]
for _, node in ipairs(nodes) do
  local follow = node == a and "" or "--replicaof 10.0.0.1 6379"
  if node == b then follow = follow .. " --replica-priority 0" end  -- never made master
  node.vm:sh([[redis-server --daemonize yes --logfile /var/log/redis.log --save '' \
    --protected-mode no --repl-diskless-sync-delay 0 ]] .. follow)
  node.vm:write("/etc/sentinel.conf", [[
    protected-mode no
    sentinel monitor main 10.0.0.1 6379 2
    sentinel down-after-milliseconds main 10000
    sentinel failover-timeout main 20000
  ]])
  node.vm:sh "redis-sentinel /etc/sentinel.conf --daemonize yes --logfile /var/log/sentinel.log"
end

-- Redis's protocol -------------------------------------------------------------------------------

local function answer(connection)
  local line = assert(connection:read("line", { timeout = 5 }), "the connection was closed")
  local kind, text = line:match "^(.)(.-)\r?$"
  if kind == "-" then error(text, 0) end
  if kind == "+" then return text end
  local number = tonumber(text)
  if kind == ":" then return number end
  if number < 0 then return nil end
  if kind == "$" then return (connection:read("line", { timeout = 5 }):gsub("\r$", "")) end
  local list = {}
  for i = 1, number do list[i] = answer(connection) end
  return list
end

local function ask(connection, ...)
  connection:write(table.concat({ ... }, " ") .. "\r\n")
  return answer(connection)
end

local function ask_node(node, port, ...)
  local connection <close> = node.ports:dial(port)
  return ask(connection, ...)
end

--- Who is master, as b's sentinel sees it: of the sentinels none knows better.
local function master()
  local address = ask_node(b, 26379, "SENTINEL get-master-addr-by-name main")[1]
  for _, node in ipairs(nodes) do
    if node.address == address then return node end
  end
end

--- Does the sentinel of that node know the two others and the two replicas?
local function has_met_all(node)
  local list, facts = ask_node(node, 26379, "SENTINEL MASTER main"), {}
  for i = 1, #list, 2 do facts[list[i]] = list[i + 1] end
  return facts["num-slaves"] == "2" and facts["num-other-sentinels"] == "2"
end
local patient = { timeout = 180 }  -- emulated machines on a busy host are slow
for _, node in ipairs(nodes) do
  wait.eventually(function()
    local answered, met = pcall(has_met_all, node)
    return answered and met
  end, patient)
end
print "three machines, three sentinels, one master"

-- The client --------------------------------------------------------------------------------------

local acknowledged, finished = {}, false
local replicas = 2  -- which have to have a write

local function write_all_the_time()
  local number, node = 0, a
  while not finished do
    pcall(function()
      local connection <close> = node.ports:dial(6379)
      while not finished do
        number = number + 1
        ask(connection, "SET", "write:" .. number, number)
        if ask(connection, "WAIT", replicas, 1000) < replicas then return end
        acknowledged[#acknowledged + 1] = number
        wait(0.01)  -- leaves the processor to the machines
      end
    end)
    -- No answer, a refusal, or not enough replicas: is there another master?
    local found, other = pcall(master)
    if found and other ~= node then
      node, replicas = other, 1  -- of three one is gone
    end
  end
end
local writer = spawn(write_all_the_time)

local function wait_for_writes(count)
  local wanted = #acknowledged + count
  wait.eventually(function() return #acknowledged >= wanted end, patient)
end

wait_for_writes(100)
-- It is a, unless the host was so slow that the sentinels have held an election before.
local old = master()
old.vm:freeze()
local frozen = now()
local before = #acknowledged
wait.eventually(function()
  local answered, node = pcall(master)
  return answered and node ~= old
end, patient)
local new = master()
wait_for_writes(100)
print(("%s froze after %d acknowledged writes; %.0f s later %s is master and takes writes"):format(
  old.name, before, now() - frozen, new.name))

-- The old master wakes up and takes itself for the master still. It may say OK to a write, but no
-- replica follows it any more.
old.vm:thaw()
local took, copies = pcall(function()
  local connection <close> = old.ports:dial(6379)
  ask(connection, "SET stale 1")
  return ask(connection, "WAIT 1 500")
end)
assert(not took or copies == 0, "the old master acknowledged a write")

wait.eventually(function()
  local answered, role = pcall(ask_node, old, 6379, "ROLE")
  return answered and role[1] == "slave" and role[2] == new.address and role[4] == "connected"
end, patient)
print(("%s is back, as a replica of %s"):format(old.name, new.name))

finished = true
wait(writer)
local connection <close> = new.ports:dial(6379)
wait.eventually(function() return ask(connection, "WAIT 2 1000") == 2 end, patient)
for _, node in ipairs(nodes) do
  local reader <close> = node.ports:dial(6379)
  for _, number in ipairs(acknowledged) do
    local value = ask(reader, "GET", "write:" .. number)
    assert(value == tostring(number), ("write %d is lost on %s"):format(number, node.name))
  end
  assert(ask(reader, "GET stale") == nil, "what the old master took alone is on " .. node.name)
end
print(("%d writes: no acknowledged write is lost"):format(#acknowledged))
