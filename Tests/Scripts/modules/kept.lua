-- Fails with machines that end at a <close> variable, for AttachTests.
local a <close> = microvm { name = "a" }
local b <close> = microvm { name = "b" }
wait.all { a:ready(), b:ready() }
-- What is typed before a shell reads is lost.
b:expect "/root #"
error "on purpose"
