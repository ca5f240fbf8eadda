#!/usr/bin/env -S vmscript run
-- A Redis master stops answering, and the sentinels make another one. Does a write get lost?
--
--     a ───── b ───── c        b's bridge makes one network of the two cables
--
-- Each machine runs a Redis and a sentinel; a's Redis is the master, the others are its replicas
-- (b's for ever, since the network depends on b). A client on the host writes all the time, through
-- ports of the machines. It asks the sentinels who is master, as a client of Redis does, and calls
-- a write acknowledged when every replica that there is has it too (Redis's WAIT): both, or the one
-- that is left while a machine is frozen.
--
-- Promised: what was acknowledged while both had to have it outlives any election and the loss of
-- the master. What was acknowledged by one, while a machine is away, stays as long as there is no
-- election before that machine has caught up. Redis does not see to that: the sentinels may make a
-- machine master that has just come back without those writes, if a slow host makes them miss the
-- present one. So they are told, before it comes back, to hold no further election.
--
-- Not promised: that a write without such an answer is lost, or that it is not; both happen. Nor
-- that anything outlives the loss of all three, since none of them writes to a disk.
-- stdout: no acknowledged write is lost

local eventually = require "vmscript.eventually"

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

local function refuse(text) error({ refusal = text }) end

local function answer(connection)
  local line = connection:read("line", { timeout = 5 }) or refuse "the connection was closed"
  local kind, text = line:match "^(.)(.-)\r?$"
  if kind == "-" then refuse(text) end
  if kind == "+" then return text end
  local number = tonumber(text)
  if kind == ":" then return number end
  if number < 0 then return false end
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

--- What f returns; nil if a Redis refuses, does not answer, or is not there.
local function try(f, ...)
  local done, result = pcall(f, ...)
  if done then return result end
  if not (result.refusal or result.kind == "connection" or result.kind == "timeout") then
    error(result, 0)
  end
end

--- Who is master, as b's sentinel sees it: of the sentinels none knows better.
local function master()
  local address = ask_node(b, 26379, "SENTINEL get-master-addr-by-name main")[1]
  for _, node in ipairs(nodes) do
    if node.address == address then return node end
  end
end

local function replicas_of(node) return ask_node(node, 6379, "WAIT 2 1000") end

--- Whom the sentinel of that node knows.
local function acquaintances(node)
  local list, facts = ask_node(node, 26379, "SENTINEL MASTER main"), {}
  for i = 1, #list, 2 do facts[list[i]] = list[i + 1] end
  return ("%s replicas, %s other sentinels"):format(
    facts["num-slaves"], facts["num-other-sentinels"])
end
local patient = { timeout = 180 }  -- emulated machines on a busy host are slow
for _, node in ipairs(nodes) do
  eventually.equal(function() return try(acquaintances, node) end,
    "2 replicas, 2 other sentinels", patient)
end
print "three machines, three sentinels, one master"

-- The client --------------------------------------------------------------------------------------

local acknowledged, finished = {}, false
local replicas = 2  -- which have to have a write

local function write_all_the_time()
  local number, node = 0, a
  while not finished do
    try(function()
      local connection <close> = node.ports:dial(6379)
      while not finished do
        number = number + 1
        local wanted = replicas
        ask(connection, "SET", "write:" .. number, number)
        if ask(connection, "WAIT", wanted, 1000) < wanted then return end
        acknowledged[#acknowledged + 1] = number
        wait(0.01)  -- leaves the processor to the machines
      end
    end)
    -- No answer, a refusal, or not enough replicas: is there another master?
    node = try(master) or node
  end
end
local writer = spawn(write_all_the_time)

local function wait_for_writes(count)
  local wanted = #acknowledged + count
  wait.eventually(function() return #acknowledged >= wanted end, patient)
end

wait_for_writes(100)
-- It is a, unless the host was so slow that the sentinels have held an election before.
local old
wait.eventually(function()
  old = try(master)
  return old and try(replicas_of, old) == 2
end, patient)
old.vm:freeze()
replicas = 1
local frozen = now()
local before = #acknowledged
local new
wait.eventually(function()
  new = try(master)
  return new and new ~= old
end, patient)
wait_for_writes(100)
print(("%s froze after %d acknowledged writes; %.0f s later %s is master and takes writes"):format(
  old.name, before, now() - frozen, new.name))

-- No further election: those who could agree on one do not miss a master for an hour.
for _, node in ipairs { b, new } do
  ask_node(node, 26379, "SENTINEL SET main down-after-milliseconds 3600000")
end

-- The old master wakes up and takes itself for the master still. It may say OK to a write, but no
-- replica follows it any more.
old.vm:thaw()
local copies = try(function()
  local connection <close> = old.ports:dial(6379)
  ask(connection, "SET stale 1")
  return ask(connection, "WAIT 1 500")
end)
assert(not copies or copies == 0, "the old master acknowledged a write")

wait.eventually(function()
  local role = try(ask_node, old, 6379, "ROLE")
  return role and role[1] == "slave" and role[2] == new.address and role[4] == "connected"
end, patient)
replicas = 2
wait_for_writes(10)
print(("%s is back, as a replica of %s"):format(old.name, new.name))

finished = true
wait(writer)
wait.eventually(function() return try(replicas_of, new) == 2 end, patient)
for _, node in ipairs(nodes) do
  local reader <close> = node.ports:dial(6379)
  for from = 1, #acknowledged, 100 do  -- so many with each question
    local numbers = table.move(acknowledged, from, math.min(from + 99, #acknowledged), 1, {})
    local values = ask(reader, "MGET", "write:" .. table.concat(numbers, " write:"))
    for i, number in ipairs(numbers) do
      assert(values[i] == tostring(number), ("write %d is lost on %s"):format(number, node.name))
    end
  end
  assert(not ask(reader, "GET stale"), "what the old master took alone is on " .. node.name)
end
print(("%d writes: no acknowledged write is lost"):format(#acknowledged))
