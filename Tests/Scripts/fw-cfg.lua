-- What is given by fw_cfg is in the guest under its name, byte for byte.
-- stdout: done
local check = require "modules.check"
local path = os.tmpname()
local removed <close> = setmetatable({}, { __close = function() os.remove(path) end })
local file = assert(io.open(path, "wb")) file:write("from a file\n") file:close()
local long = "opt/" .. ("x"):rep(51)
local given = {
  ["opt/com.example/text"] = "a, b=c", ["opt/com.example/bytes"] = "\0\xff\n",
  ["opt/com.example/large"] = ("0123456789abcdef"):rep(4096),
  ["opt/com.example/file"] = { file = path }, ["opt/com.example/empty"] = "",
  ["com.example.enrolment.pb"] = "without opt/", [long] = "long",
}
for name, make in pairs { pc = qemu, mini = microvm } do
  local vm <close> = make { name = name, fw_cfg = given }
  for key, value in pairs(given) do
    local wanted = type(value) == "table" and "from a file\n" or value
    check.equal(vm:read("/sys/firmware/qemu_fw_cfg/by_name/" .. key .. "/raw"), wanted)
  end
  local arguments = table.concat(vm:args(), " ")
  assert(arguments:find("-fw_cfg name=opt/com.example/text,string=a,, b=c", 1, true), arguments)
end
print "done"
