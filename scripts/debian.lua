#!/usr/bin/env -S vmscript run
-- A real distribution: Debian 12 with systemd, booted by UEFI on a PC with a TPM. Its
-- qemu-guest-agent lets vmscript's own in, and from then on it answers like the default guest.
-- stdout: systemd is process 1, and the system is running
-- stdout: the TPM measured the boot
-- stdout: powered off

local image = require "debian-image"

local vm = qemu { name = "debian", disks = { image.path }, firmware = "uefi", tpm = tpm(),
  memory = "1G" }
print(("up after %.0f s"):format(wait(vm:ready())))

assert(vm:sh "cat /proc/1/comm" == "systemd")
assert(vm:sh "systemctl is-system-running --wait" == "running")
assert(vm:sh "test -d /sys/firmware/efi; . /etc/os-release; echo $ID-$VERSION_ID" == "debian-12")
print "systemd is process 1, and the system is running"

assert(vm:sh("tpm2_getcap properties-fixed"):find("TPM2_PT_FAMILY_INDICATOR", 1, true))
local code = vm:sh("tpm2_pcrread sha256:4"):match "4 *: 0x(%x+)"
assert(#code == 64 and code ~= ("0"):rep(64), "PCR 4 holds what the firmware started")
print "the TPM measured the boot"

assert(vm:read "/etc/motd" == "Made for a test.\n")
vm:write("/home/alice/notes", "remember\n")
vm:sh "chown alice: /home/alice/notes"
assert(vm:exec({ "su", "alice", "-c", "cat; cat ~/notes", stdin = "first\n" }).stdout
  == "first\nremember\n")

vm:shutdown()
print "powered off"
