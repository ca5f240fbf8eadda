-- Nobody reads the output any more: the run ends, as `lua5.4 … | head` does, and says nothing.
-- status: 0
-- stdout: 141
local pipe <close> = assert(io.popen([[bash -c '$VMSCRIPT run - <<<"while true do print(1) end" | head -1; echo ${PIPESTATUS[0]}']]))
print(pipe:read "a")
