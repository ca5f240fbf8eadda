-- A module that does not parse: who requires it, and where it does not.
-- status: 1
-- stderr: vmscript: Tests/Scripts/module-error.lua:7: error loading module 'modules.broken' from file
-- stderr:     7 │ require "modules.broken"
-- stderr:   Tests/Scripts/modules/broken.lua:2: unexpected symbol near '%'
-- not-stderr: prelude
require "modules.broken"
