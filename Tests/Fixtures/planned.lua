-- For PlanTests: makes one of everything. With the argument "run" it starts what needs no file of the
-- run's own, and ends.
local left, right = socketpair { name = "ab" }
local a = microvm { name = "a", net = { left }, user_net = false, tags = { "first" } }
print(json.encode { args = a:args() })
if arg[1] == "run" then os.exit(0) end

local lan = network { name = 'the "lan" \\n' }
local mine, theirs = socketpair { name = "serial", carries = "bytes" }
local ports = portmap { 22, [443] = 8443 }
local b = qemu {
  name = "b", memory = "512M", net = { right, lan }, ports = ports, tpm = tpm(),
  disks = { disk { size = "1G" } }, kernel = guest {}.kernel, initramfs = guest {}.initramfs,
  fw_cfg = { ["opt/org.example/x"] = "bytes\0" }, serial = theirs, firmware = uefi {},
  shares = { { path = ".", tag = "work", driver = "virtiofs" } }, env = { LANG = "C" },
}
left:unplug()
left:plug()
lan:partition({ b }, {})
lan:capture(arg[1] .. "/capture.pcap")
local c = microvm { name = "c", start = false, net = { lan } }
local p = process { "no-such-program", "--flag", "a b" }
p:write "text\n"
b:send "hello"
assert(b.boots == 1 and c.boots == 0)
spawn(function() mine:read() end)
local t = spawn(function() microvm { name = "d" } return a:sh "true" end)
wait(t)
error "never here"
