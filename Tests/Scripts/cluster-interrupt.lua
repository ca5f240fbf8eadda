-- Ctrl-C while a cluster comes up, one machine of which waits for another: all are ended.
-- signal: INT 1
-- status: 130
-- stderr: interrupted by SIGINT
-- stdout: closing
io.stdout:setvbuf "no"
local cluster = require "vmscript.cluster"
local s <close> = scope()
s:add(function() print "closing" end)
local nodes <close> = cluster.boot {
  count = 3, machine = { memory = "128M" }, needs = { node3 = { "node1", "node2" } },
  setup = function(vm) vm:sh "sleep 1000" end,
}
wait.all { nodes.node1:ready(), nodes.node2:ready() }
print "ready"
wait(nodes:ready())
