-- Two machines on a cable and on a network, by turns: Mbit/s of TCP, and milliseconds of a ping.
local tools = guest { packages = { "iperf3" } }
local left, right = socketpair()
local lan = network()
local function machine(name, cable, host)
  return microvm { name = name, guest = tools, memory = "384M", net = {
    { cable, name = "cable", address = "10.0.1." .. host .. "/24" },
    { lan, name = "lan", address = "10.0.2." .. host .. "/24" } } }
end
local a, b = machine("a", left, 1), machine("b", right, 2)
wait.all { a:ready(), b:ready() }
a:sh "iperf3 --server --daemon"
wait(a:port(5201))
for _ = 1, tonumber((...)) do
  for name, address in pairs { cable = "10.0.1.1", network = "10.0.2.1" } do
    local result = json.decode(b:sh("iperf3 --json --time 4 --client " .. address))
    print(name, result["end"].sum_received.bits_per_second)
    local pings = b:sh("ping -q -i 0.05 -c 100 " .. address)
    print(name .. "_ping", tonumber(pings:match "min/avg/max = [%d.]+/([%d.]+)") / 1000)
  end
end
