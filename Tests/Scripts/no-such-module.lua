-- status: 1
-- stderr: no-such-module.lua:4: module 'nowhere' not found
-- stderr:     4 │ require "nowhere"
require "nowhere"
