-- The host's tpm2-tools, carried into the default guest with their libraries, find a TPM 2.0 that the
-- firmware has used; what they keep in it survives the machine.
-- stdout: kept by tpm2-tools
local check = require "modules.check"

--- The paths of a program and all the libraries that it wants, and one more that it loads by name.
local function files(program, library)
  local list, folder = { program }, nil
  local pipe <close> = io.popen("ldd " .. program)
  for line in pipe:lines() do
    local path = line:match "(/%S+) %(0x"
    list[#list + 1] = path
    if path and path:find "libtss2" then folder = path:match "^(.*/)" end
  end
  list[#list + 1] = folder .. library
  return list
end

local chip = tpm()
local vm = qemu { name = "a", memory = "512M", tpm = chip, firmware = "uefi" }
local function carry()
  for _, path in ipairs(files("/usr/bin/tpm2", "libtss2-tcti-device.so.0")) do vm:put(path, path) end
end
local function tpm2(command)
  return vm:sh("/usr/bin/tpm2 " .. command, { env = { TPM2TOOLS_TCTI = "device:/dev/tpm0" } })
end
carry()
local properties = tpm2 "getcap properties-fixed"
assert(properties:find 'TPM2_PT_FAMILY_INDICATOR:.-value: "2.0"', properties)
assert(properties:find("SW   TPM", 1, true) or properties:find("IBM", 1, true), properties)
-- What the firmware measured, and the log in which it says what that was.
local code = tpm2("pcrread sha256:0"):match "0 *: 0x(%x+)"
assert(code and code:find "[1-9A-F]", code)
vm:sh "mount -t securityfs none /sys/kernel/security"
local log = tpm2 "eventlog /sys/kernel/security/tpm0/binary_bios_measurements"
assert(log:find("EV_S_CRTM_VERSION", 1, true) and log:lower():find(code:lower(), 1, true), log)

tpm2 "nvdefine -C o -s 4 -a 'ownerread|ownerwrite' 0x1500002"
vm:write("/tmp/data", "kept")
tpm2 "nvwrite -C o -i /tmp/data 0x1500002"
vm:kill()
vm:start()
carry()
print(tpm2 "nvread -C o -s 4 0x1500002" .. " by tpm2-tools")
