-- Disks, firmware and what goes with them: each mistake is found before anything is started.
-- stdout: done
local check = require "modules.check"
local function no(text, f, ...) check.raises("usage", text, f, ...) end
local function missing(text, f, ...) check.raises("missing", text, f, ...) end
local function machine(fields) fields.start = false return qemu(fields) end
local path = os.tmpname()
local removed <close> = setmetatable({}, { __close = function() os.remove(path) end })
local function put(bytes)
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
end
put(("x"):rep(8192))

for _, wrong in ipairs { 1, "x", true, print } do
  no("disk wants a table", disk, wrong) no("uefi wants a table", uefi, wrong)
  no("field 'firmware' wants \"bios\", \"uefi\"", qemu, { firmware = wrong })
  no("", qemu, { fw_cfg = wrong })
end
no("disk wants size = \"10G\"", disk) no("disk wants size = \"10G\"", disk, {})
no("did you mean 'size'?", disk, { sise = "1G" })
no("such as '512M' or '2G'", disk, { size = 5 })
no("format is that of the image in 'from'", disk, { size = "1M", format = "raw" })
no("\"raw\" or \"qcow2\", got 'vmdk'", disk, { from = path, format = "vmdk" })
no("can only be read is of no use", disk, { size = "1M", read_only = true })
no("cannot have fewer", disk, { from = path, size = "1K" })
no("1 to 20 letters", disk, { from = path, serial = ("x"):rep(21) })
no("is no qcow2 image", disk, { from = path, format = "qcow2" })
no("is a directory", disk, { from = "/" }) no("is a directory", machine, { disks = { "/" } })
missing("'no-such' cannot be read: No such file", disk, { from = "no-such" })
missing("'no-such' cannot be read: No such file", machine, { disks = { "no-such" } })
no("disks[2] wants an image's path or a disk {}, got 1", machine, { disks = { path, 1 } })
no("is given twice", function() local d = disk { size = "1M" } machine { disks = { d, d } } end)
no("save wants the path", function() disk { size = "1M" }:save() end)
no("did you mean 'format'?", function() disk { size = "1M" }:save(path, { formt = "raw" }) end)
put "QFI\xfb" no("its header is cut off", machine, { disks = { path } })
put "" no("is empty", machine, { disks = { path } })
put("KDMV" .. ("x"):rep(508)) no("is a VMDK image", machine, { disks = { path } })
put(("x"):rep(8192))

no("microvm has no UEFI: use qemu {}", microvm, { firmware = "uefi" })
no("microvm has no UEFI", microvm, { firmware = uefi {} })
no("give 'vars'", uefi, { code = path })
no("wants \"bios\"", machine, { firmware = { code = path } })
no("firmware has no field 'cod'", machine, { firmware = { cod = path, vars = path } })
missing("No such file", uefi, { code = path, vars = "no-such" })
missing("No such file", machine, { firmware = { code = "no-such", vars = path } })
put "odd" no("no multiple of 4096", machine, { firmware = { code = path, vars = path } })
missing("no/such", function() uefi {}:save "no/such/file" end)

for name, text in pairs { [""] = "is empty", [("x"):rep(56)] = "55 at most", ["opt/a b"] = "ASCII",
  ["opt//x"] = "an empty part", ["opt/\u{e9}"] = "ASCII" } do
  no(text, machine, { fw_cfg = { [name] = "x" } })
end
no("fw_cfg wants names", machine, { fw_cfg = { "x" } })
no("wants a string, or { file = \"path\" }, got 1", machine, { fw_cfg = { ["opt/x"] = 1 } })
missing("cannot be read", machine, { fw_cfg = { ["opt/x"] = { file = "no-such" } } })
no("is no regular file", machine, { fw_cfg = { ["opt/x"] = { file = "/" } } })

missing("no/such", tpm, { state = "no/such" })
no("is no state of a TPM 2.0", tpm, { state = "Tests" })
no("no machine has had yet", function() tpm():save(path) end)

for _, wrong in ipairs { {}, { file = 1 }, { file = path, terminal = true }, { interactive = true } } do
  no("serial", machine, { serial = wrong })
end
missing("cannot be written", qemu, { serial = { file = "no/such/file" } })
no("forbid wants the text to look for", machine, { forbid = true })
no("forbid wants the text to look for", machine, { forbid = { 1 } })
no("matched line by line", machine, { forbid = { "a\nb" } })
no("not empty", machine, { forbid = { "" } })

local left, right = socketpair()
no("two interfaces have the MAC address 02:00:00:00:00:01", machine,
  { net = { { left, mac = "02:00:00:00:00:01" }, { right, mac = "02:00:00:00:00:01" } } })
no("two interfaces", microvm,
  { net = { { left, mac = "02:72:82:BF:C3:56" } }, user_net = true, start = false })
no("is no MAC address", machine, { user_net = { mac = "02:00:00:00:00" } })
assert(table.concat(machine { user_net = { mac = "02:00:00:00:00:07" } }:args(), " ")
  :find("mac=02:00:00:00:00:07", 1, true))
check.raises("memory", { "wants 100T of memory", "give it less" }, machine, { memory = "100T" })
local cables = {}
for i = 1, 23 do cables[i] = socketpair() end
no("25 virtio devices are too many: a microvm's bus takes 24", microvm, { net = cables })
do
  local blank <close> = setmetatable({ folder = os.tmpname() }, { __close = function(self)
    os.execute("rm -rf " .. self.folder)
  end })
  os.remove(blank.folder)
  assert(os.execute(("mkdir %s && mkfifo %s/pipe && echo kept >%s/plain && ln -s plain %s/link"):format(
    blank.folder, blank.folder, blank.folder, blank.folder)))
  local data = disk { size = "1M" }
  check.raises("usage", "/pipe' is there and is no regular file", data.save, data, blank.folder .. "/pipe")
  data:save(blank.folder .. "/link")
  assert(os.execute(("test -p %s/pipe && test -L %s/link && test $(stat -c %%s %s/plain) = 1048576"):format(
    blank.folder, blank.folder, blank.folder)))
end
print "done"
