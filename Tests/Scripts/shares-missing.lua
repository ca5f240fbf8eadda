-- No virtiofsd, and a guest whose kernel has no 9p.
-- status: 3
-- environment: VMSCRIPT_VIRTIOFSD=/nowhere/virtiofsd
-- stderr: shares-missing.lua:6: microvm: shares: the default guest's kernel (
-- stderr: knows virtiofs and not 9p: VMSCRIPT_VIRTIOFSD names '/nowhere/virtiofsd', which is no program
microvm { shares = { work = "/usr" } }
