-- A vmscript with no vmscript-grpc beside it, nor in PATH.
-- stdout: gRPC needs the program vmscript-grpc
-- stdout: status 3
-- stdout: ended with status 3: vmscript-grpc: built without gRPC
-- stdout: then status 3
local folder = os.tmpname()
os.remove(folder)
assert(os.execute(("mkdir %s && cp \"$VMSCRIPT\" %s/vmscript"):format(folder, folder)))
local script = folder .. "/script.lua"
io.open(script, "w"):write([[
  portmap { 80 }:grpc(80, { proto = "Tests/Fixtures/Protos/shapes.proto" }):call "Shapes/Echo"
]]):close()
local pipe <close> = io.popen(
  ("env PATH=/usr/bin:/bin %s/vmscript run %s 2>&1; echo status $?"):format(folder, script))
print(pipe:read "a")

-- One that was built without the trait says so, and ends with this status.
local stub = io.open(folder .. "/vmscript-grpc", "w")
stub:write "#!/bin/sh\necho vmscript-grpc: built without gRPC >&2; exit 3\n"
stub:close()
assert(os.execute("chmod +x " .. folder .. "/vmscript-grpc"))
local again <close> = io.popen(
  ("%s/vmscript run %s 2>&1; echo then status $?"):format(folder, script))
print(again:read "a")
os.execute("rm -r " .. folder)
