-- A module that the guest's kernel does not have.
-- status: 3
-- stderr: guest-module-missing.lua:6: the guest's kernel
-- stderr: has no module 'no_such'
-- stderr: preparing a guest with no-such, once
guest { modules = { "no-such" } }
