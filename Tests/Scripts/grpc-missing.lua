-- A vmscript with no vmscript-grpc beside it, nor in PATH.
-- stdout: gRPC needs the program vmscript-grpc
-- stdout: status 3
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
os.execute("rm -r " .. folder)
