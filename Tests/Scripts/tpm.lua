-- A guest sees its TPM, which outlives the machine; then swtpm dies under it.
-- status: 1
-- stdout: seen twice
-- stderr: tpm.lua:19: swtpm, the TPM of machine 'a', was ended by signal 9 while waiting for console text 'never'
-- stderr: logs:
local check = require "modules.check"
local chip = tpm()
check.raises("usage", "microvm has no TPM device: use qemu {}", microvm, { tpm = chip })
local a = qemu { name = "a", tpm = chip }
check.raises("usage", "is in machine 'a'", qemu, { name = "b", tpm = chip })
local function versions() return a:sh "cat /sys/class/tpm/tpm0/tpm_version_major; ls /dev/tpm0" end
check.equal(versions(), "2\n/dev/tpm0")
check.equal(a:shutdown().reason, "poweroff")
a:start()
check.equal(versions(), "2\n/dev/tpm0")
print "seen twice"
check.kill("KILL", check.child "swtpm")
check.equal(a.boots, 2)
wait(a:output "never")
