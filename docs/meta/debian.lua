---@meta vmscript.debian
-- Types of the module vmscript.debian. docs/manual.md says more.
-- luacheck: ignore 211 212 241

---@class ImageFile
---@field text? string what is in it; or
---@field from? string a file of the host
---@field mode? string such as "755"; default "644", or as on the host

---@class ImageUser
---@field password? string
---@field keys? string[] public SSH keys that let in
---@field groups? string[] more groups
---@field shell? string default "/bin/bash"

---@class DebianRecipe
---@field suite? string default "bookworm"
---@field packages? string[] more packages
---@field kernel? string the kernel's package, default "linux-image-cloud-amd64"
---@field files? table<string, string|ImageFile> by their path in the image
---@field users? table<string, ImageUser> by name
---@field run? string[] commands for sh in the image, at the end of the build
---@field size? string of the disk, default "2G"
---@field hostname? string default "debian"
---@field cmdline? string added to the kernel's command line
---@field mirror? string default: the host's sources for the suite

---@class Image
---@field path string a raw disk that boots by UEFI
---@field kernel string
---@field initramfs string
---@field cmdline string for a boot by the kernel
---@field root string "PARTUUID=…"
---@field suite string

local debian = {}

--- A Debian image, from the cache or built now, which takes a minute and the network.
---@param recipe? DebianRecipe
---@return Image
function debian.image(recipe) end

return debian
