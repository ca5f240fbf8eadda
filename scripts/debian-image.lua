#!/usr/bin/env -S vmscript run
-- The image that debian.lua boots: Debian 12, built at the first run and then found in the cache.
local debian = require "vmscript.debian"

local image = debian.image {
  packages = { "tpm2-tools" },
  files = { ["/etc/motd"] = "Made for a test.\n" },
  users = { alice = { password = "wonderland" } },
  run = { "echo built >/etc/built" },
}
if not ... then print(image.path) end  -- a module has its name there
return image
