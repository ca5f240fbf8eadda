-- A shell on the serial port of a Debian without an agent: its getty, its login, its bash.
-- environment: VMSCRIPT_PATH=scripts
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal
local image = require "debian-image"
local vm <close> = qemu { name = "d", disks = { image.path }, agent = false, memory = "512M",
  kernel = image.kernel, initramfs = image.initramfs, cmdline = image.cmdline }
raises("command", { "login as 'alice' on machine 'd' was refused: 'Login incorrect'" }, vm.login, vm,
  { user = "alice", password = "wrong" })
local shell = vm:login { user = "alice", password = "wonderland" }
equal(shell:sh "id -un; pwd; echo $TERM", "alice\n/home/alice\ndumb")
equal(shell:sh "ls / | head -n 2; ls /usr | head -n 1", "bin\nboot\nbin")
assert(shell:sh("systemctl status dbus"):find "dbus.service %- D%-Bus")
equal(select(2, shell:fails "ls /root"), "ls: cannot open directory '/root': Permission denied")
raises("timeout", "0.3 s", shell.sh, shell, [[sh -c "trap '' INT; sleep 62; sleep 62"]], { timeout = 0.3 })
equal(shell:sh "sleep 300 & echo on", "on")
equal(#shell:sh "seq 20000", 108893)
equal(#shell:sh("echo " .. ("x"):rep(9000)), 9000)
shell:logout()
vm:expect "login:"
print "done"
