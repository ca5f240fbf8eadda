---@meta vmscript.check
-- Types of the module vmscript.check. docs/stdlib/check.md says more.
-- luacheck: ignore 211 212 241

local check = {}

--- Equal by value: tables by what is in them.
---@generic T
---@param got T
---@param expected any
---@param message? string
---@return T got
function check.equal(got, expected, message) end

---@generic T
---@param got T
---@param unwanted any
---@param message? string
---@return T got
function check.not_equal(got, unwanted, message) end

--- Neither false nor nil.
---@generic T
---@param got T
---@param message? string
---@return T got
function check.truthy(got, message) end

--- False or nil.
---@param got any
---@param message? string
---@return false? got
function check.falsy(got, message) end

---@param text string
---@param wanted ConsoleText
---@param message? string
---@return string match
---@return string|integer ... captures
function check.matches(text, wanted, message) end

--- A text has a text in it, or a table a value that is equal.
---@generic T: string|table
---@param where T
---@param value any
---@param message? string
---@return T where
function check.contains(where, value, message) end

---@generic T: string|table
---@param where T
---@param value any
---@param message? string
---@return T where
function check.lacks(where, value, message) end

---@param got number
---@param expected number
---@param tolerance number
---@param message? string
---@return number got
function check.near(got, expected, tolerance, message) end

--- The same keys in both.
---@param got table
---@param expected table a table, or a list of keys
---@param message? string
---@return table got
function check.same_keys(got, expected, message) end

--- f raises an error of this kind, with this text. The end of a machine does not pass for another.
---@param f function
---@param wanted? ErrorKind|ConsoleText a kind, or a text
---@param text? ConsoleText
---@param message? string
---@return any error
function check.error(f, wanted, text, message) end

return check
