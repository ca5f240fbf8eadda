-- What QEMU's own start costs a script: for each name of the arguments, the seconds from the
-- constructor to the first answer of QMP, as "name seconds"; "arguments" prints what "launch" runs.
local makers = {
  launch = function() return {} end,
  tpm = function() return { tpm = tpm() } end,
}
local function fields(name)
  local fields = makers[name]()
  -- The default guest, which is loaded and does not run: what it does is no part of this.
  fields.agent, fields[1] = false, "-S"
  return fields
end
for _, name in ipairs(arg) do
  if name == "arguments" then
    local plain = fields "launch"
    plain.start = false
    for _, argument in ipairs(qemu(plain):args()) do print(argument) end
  else
    local started = now()
    local vm = qemu(fields(name))
    vm:qmp "query-version"
    print(name, now() - started)
    vm:kill()
  end
end
