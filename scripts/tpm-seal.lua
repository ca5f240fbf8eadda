#!/usr/bin/env -S vmscript run
-- A secret is sealed to what a machine is and runs: its TPM tells it only while that is the same.
--
-- Whatever the firmware finds and runs it adds, as a hash, to a register of the TPM (a PCR). Nobody
-- can set these registers; they begin anew when the machine starts. "Sealing" hands a secret to the
-- TPM together with the values that certain registers must have.
--
-- Here SeaBIOS measures itself (0), the machine's description with its UUID (1), the code on its
-- cards (2) and how it boots (4). It does not measure a kernel that QEMU hands over. UEFI does:
-- with firmware = "uefi" register 9 has the initramfs and the kernel's command line, and a boot
-- takes far longer where QEMU emulates.
-- stdout: the chip is back in its machine, and tells the secret again

local tools = guest { packages = { "tpm2-tools" } }
local chip = tpm()
local REGISTERS = "sha256:0,1,2,4"
local HANDLE = "0x81000001"  -- a place in the TPM's own memory

local function machine(name)
  return qemu { name = name, guest = tools, tpm = chip, memory = "512M" }
end
local function unseal(vm) return vm:sh("tpm2_unseal -c " .. HANDLE .. " -p pcr:" .. REGISTERS) end
local function refuses(vm)
  local refused, failure = pcall(unseal, vm)
  assert(not refused and failure.kind == "command", "the secret was told")
  assert(failure.stderr:find("a policy check failed", 1, true), failure.stderr)
end

local vm = machine "laptop"
vm:sh("tpm2_createpolicy --policy-pcr -l " .. REGISTERS .. " -L policy")
vm:sh "tpm2_createprimary -C o -G ecc -c primary"
vm:write("/root/secret", "the key of the disk")
vm:sh "tpm2_create -C primary -L policy -i /root/secret -u public -r private && rm /root/secret"
vm:sh "tpm2_load -C primary -u public -r private -c sealed"
vm:sh("tpm2_evictcontrol -C o -c sealed " .. HANDLE)
assert(unseal(vm) == "the key of the disk")
print "sealed: the TPM tells the secret to the machine as it is"

-- Any further measurement changes a register for good: until the next start, as if something else
-- had been booted.
vm:sh("tpm2_pcrextend 4:sha256=" .. ("ab"):rep(32))
refuses(vm)
print "one more measurement, and it refuses"
vm:shutdown()

-- Somebody puts the chip into another machine of the same kind, with the same software.
local other = machine "thief"
refuses(other)
print "the chip in another machine: it refuses"
other:shutdown()

vm:start()
assert(unseal(vm) == "the key of the disk")
print "the chip is back in its machine, and tells the secret again"
