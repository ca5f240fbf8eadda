-- A few commands of a TPM 2.0, as bytes for /dev/tpm0 of a guest (TCG's "TPM 2.0 Library", part 3).
local tpm2 = {}

local OWNER, SHA256 = 0x40000001, 0x000b
-- An empty password.
local PASSWORD = string.pack(">I4 I2 B I2", 0x40000009, 0, 0, 0)

--- Runs a command; returns its response code and the bytes behind it.
local function run(vm, code, handles, parameters)
  local body = handles .. string.pack(">s4", PASSWORD) .. parameters
  local command = string.pack(">I2 I4 I4", 0x8002, 10 + #body, code) .. body
  local result = vm:exec { "sh", "-c", [[
    cat >/tmp/command; exec 3<>/dev/tpm0
    dd if=/tmp/command bs=4096 count=1 >&3 2>/dev/null; dd bs=4096 count=1 <&3 2>/dev/null]],
    stdin = command, check = true }
  local _, _, response, at = string.unpack(">I2 I4 I4", result.stdout)
  return response, result.stdout:sub(at)
end

local function done(response)
  if response ~= 0 then error(("the TPM says 0x%x"):format(response), 3) end
end

--- Makes an index that the owner may write and read.
function tpm2.define(vm, index, size)
  local public = string.pack(">I4 I2 I4 I2 I2", index, SHA256, 0x02060006, 0, size)
  done(run(vm, 0x12a, string.pack(">I4", OWNER), string.pack(">I2 s2", 0, public)))
end

function tpm2.write(vm, index, bytes)
  done(run(vm, 0x137, string.pack(">I4 I4", OWNER, index), string.pack(">s2 I2", bytes, 0)))
end

function tpm2.read(vm, index, size)
  local code, bytes = run(vm, 0x14e, string.pack(">I4 I4", OWNER, index),
    string.pack(">I2 I2", size, 0))
  done(code)
  local _, data = string.unpack(">I4 s2", bytes)
  return data
end

function tpm2.extend(vm, pcr, digest)
  done(run(vm, 0x182, string.pack(">I4", pcr), string.pack(">I4 I2", 1, SHA256) .. digest))
end

function tpm2.pcr(vm, number) return vm:sh("cat /sys/class/tpm/tpm0/pcr-sha256/" .. number) end

return tpm2
