---@meta vmscript.eventually
-- Types of the module vmscript.eventually. docs/stdlib/eventually.md says more.
-- luacheck: ignore 211 212 241

---@class EventualOptions: EventuallyOptions
---@field message? string before the check's own text

---@class StaysOptions
---@field interval? Seconds between two calls, default 0.1
---@field message? string

local eventually = {}

---@generic T
---@param f fun(): T
---@param expected any
---@param options? EventualOptions
---@return T
function eventually.equal(f, expected, options) end

---@generic T
---@param f fun(): T
---@param unwanted any
---@param options? EventualOptions
---@return T
function eventually.not_equal(f, unwanted, options) end

---@param f fun(): any
---@param options? EventualOptions
---@return false?
function eventually.falsy(f, options) end

---@param f fun(): string
---@param wanted ConsoleText
---@param options? EventualOptions
---@return string match
---@return string|integer ... captures
function eventually.matches(f, wanted, options) end

---@generic T: string|table
---@param f fun(): T
---@param value any
---@param options? EventualOptions
---@return T
function eventually.contains(f, value, options) end

---@generic T: string|table
---@param f fun(): T
---@param value any
---@param options? EventualOptions
---@return T
function eventually.lacks(f, value, options) end

---@param f fun(): number
---@param expected number
---@param tolerance number
---@param options? EventualOptions
---@return number
function eventually.near(f, expected, tolerance, options) end

---@param f fun(): table
---@param expected table
---@param options? EventualOptions
---@return table
function eventually.same_keys(f, expected, options) end

--- Until f fails in that way.
---@param f function
---@param wanted? ErrorKind|ConsoleText
---@param options? EventualOptions
---@return any error
function eventually.error(f, wanted, options) end

--- What f returns stays true for so long.
---@generic T
---@param f fun(): T
---@param seconds Seconds
---@param options? StaysOptions
---@return T
function eventually.stays(f, seconds, options) end

return eventually
