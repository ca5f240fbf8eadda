-- Addresses of IPv4 and IPv6 as numbers: { bits = 32 or 128, high =, low = }, where an IPv4 address
-- is in `low`.
local ip = {}

---@class Address
---@field bits integer 32 or 128
---@field high integer the upper 64 bits
---@field low integer the lower 64 bits

local function parse4(text)
  local parts = { text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  if #parts ~= 4 then return nil end
  local low = 0
  for _, part in ipairs(parts) do
    local number = #part <= 3 and (part == "0" or part:sub(1, 1) ~= "0") and tonumber(part)
    if not number or number > 255 then return nil end
    low = low << 8 | number
  end
  return { bits = 32, high = 0, low = low }
end

--- The groups of a part without "::"; nil if one is wrong.
local function groups(text)
  local list = {}
  if text == "" then return list end
  for group in (text .. ":"):gmatch "(.-):" do
    if not group:find "^%x%x?%x?%x?$" then return nil end
    list[#list + 1] = tonumber(group, 16)
  end
  return list
end

local function parse6(text)
  local head, tail = text:match "^(.-)::(.*)$"
  if tail and tail:find("::", 1, true) then return nil end
  local list, rest = groups(head or text), groups(tail or "")
  if not list or not rest then return nil end
  if head then
    if #list + #rest > 7 then return nil end
    for _ = 1, 8 - #list - #rest do list[#list + 1] = 0 end
    table.move(rest, 1, #rest, #list + 1, list)
  end
  if #list ~= 8 then return nil end
  local high, low = 0, 0
  for i = 1, 4 do high, low = high << 16 | list[i], low << 16 | list[i + 4] end
  return { bits = 128, high = high, low = low }
end

--- Nil if the text is no address.
---@param text any
---@return Address?
function ip.parse(text)
  if type(text) ~= "string" then return nil end
  return text:find(":", 1, true) and parse6(text) or parse4(text)
end

--- As RFC 5952 writes it: the longest run of zeros as "::".
local function text6(address)
  local list = {}
  for i = 3, 0, -1 do list[#list + 1] = address.high >> 16 * i & 0xffff end
  for i = 3, 0, -1 do list[#list + 1] = address.low >> 16 * i & 0xffff end
  local best, longest, from = nil, 1, nil
  for i = 1, 9 do
    if list[i] == 0 then
      from = from or i
    elseif from then
      if i - from > longest then best, longest = from, i - from end
      from = nil
    end
  end
  for i, group in ipairs(list) do list[i] = ("%x"):format(group) end
  if not best then return table.concat(list, ":") end
  return table.concat(list, ":", 1, best - 1) .. "::" .. table.concat(list, ":", best + longest)
end

---@param address Address
---@return string
function ip.text(address)
  if address.bits == 128 then return text6(address) end
  local low = address.low
  return ("%d.%d.%d.%d"):format(low >> 24, low >> 16 & 255, low >> 8 & 255, low & 255)
end

--- So many after it; nil where the addresses end.
---@param address Address
---@param count integer not negative
---@return Address?
function ip.after(address, count)
  local low, high = address.low + count, address.high
  if address.bits == 32 then
    if low > 0xffffffff then return nil end
  elseif math.ult(low, address.low) then
    high = high + 1
    if high == 0 then return nil end
  end
  return { bits = address.bits, high = high, low = low }
end

---@param a Address
---@param b Address of the same kind
---@return boolean
function ip.before(a, b)
  if a.high ~= b.high then return math.ult(a.high, b.high) end
  return math.ult(a.low, b.low)
end

---@param a Address
---@param b Address
---@return boolean
function ip.equal(a, b) return a.bits == b.bits and a.high == b.high and a.low == b.low end

---@class Subnet
---@field first Address the network's own
---@field last Address
---@field prefix integer

local function ones(count) return count >= 64 and -1 or count <= 0 and 0 or ~(-1 >> count) end

--- "10.1.0.0/24"; nil and what is wrong if it is none.
---@param text any
---@return Subnet?
---@return string? flaw
function ip.subnet(text)
  local head, tail = tostring(text):match "^(.+)/(%d%d?%d?)$"
  local address, prefix = ip.parse(head), tonumber(tail)
  if type(text) ~= "string" or not address or prefix > address.bits then
    return nil, "is no subnet, such as '10.1.0.0/24'"
  end
  local is4 = address.bits == 32
  local high = is4 and 0 or ones(prefix)
  local low = is4 and ones(prefix + 32) & 0xffffffff or ones(prefix - 64)
  if is4 then low = prefix == 0 and 0 or 0xffffffff << (32 - prefix) & 0xffffffff end
  local first = { bits = address.bits, high = address.high & high, low = address.low & low }
  if not ip.equal(first, address) then
    return nil, ("has bits behind its prefix; the subnet is '%s/%d'"):format(ip.text(first), prefix)
  end
  return {
    first = first, prefix = prefix,
    last = {
      bits = address.bits, high = is4 and 0 or first.high | ~high,
      low = first.low | (is4 and ~low & 0xffffffff or ~low),
    },
  }
end

---@param subnet Subnet
---@return string
function ip.subnet_text(subnet) return ("%s/%d"):format(ip.text(subnet.first), subnet.prefix) end

---@param subnet Subnet
---@param address Address
---@return boolean
function ip.has(subnet, address)
  return subnet.first.bits == address.bits and not ip.before(address, subnet.first)
    and not ip.before(subnet.last, address)
end

---@param a Subnet
---@param b Subnet
---@return boolean
function ip.overlap(a, b) return ip.has(a, b.first) or ip.has(b, a.first) end

return ip
