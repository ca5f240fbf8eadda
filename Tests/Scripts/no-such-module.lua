-- status: 1
-- stderr: vmscript: Tests/Scripts/no-such-module.lua:7: module 'nowhere' not found:
-- stderr:     7 │ require "nowhere"
-- stderr:   no file 'Tests/Scripts/nowhere.lua'
-- stderr: lines more
-- not-stderr: �
require "nowhere"
