-- Debian as a disk image that boots by UEFI or by its kernel, with systemd and qemu-guest-agent.
-- docs/manual.md describes it.
local fields = require "internal.fields"
local host = require "internal.host"
local script = require "internal.debian_script"
local shell = require "internal.shell"
local store = require "internal.store"

local q = shell.quote

--- What the image is built with, and the packages that have it.
local PROGRAMS = {
  ["apt-get"] = "apt", flock = "util-linux", mcopy = "mtools", mke2fs = "e2fsprogs",
  ["mkfs.vfat"] = "dosfstools", mmdebstrap = "mmdebstrap", objcopy = "binutils", sfdisk = "fdisk",
  sha256sum = "coreutils",
}

--- What boots, answers and can be looked at. systemd-boot-efi has the stub of the kernel's image.
local BASE = {
  "dbus", "initramfs-tools", "iproute2", "iputils-ping", "kmod", "procps", "qemu-guest-agent",
  "systemd-boot-efi", "systemd-sysv", "udev", "zstd",
}

--- As for the default guest: a test's guest needs no defence against what runs in it. Warnings of
--- the kernel are shown, its chatter is not: each line costs time.
local WORDS = "loglevel=5 systemd.show_status=auto mitigations=off cryptomgr.notests "
  .. "init_on_alloc=0 rcupdate.rcu_expedited=1 audit=0 "
  -- On a busy host an emulated timer is late, which its test takes for a broken IO-APIC: a panic.
  .. "no_timer_check"

local WHAT = "debian.image"
local KNOWN = {
  suite = "string", packages = "table", files = "table", users = "table", kernel = "string",
  size = "string", run = "table", hostname = "string", cmdline = "string", mirror = "string",
}
local NAME = "^[%w][%w.+:~_=/-]*$"

--- Bytes of a size such as "2G", whole MiB.
local function bytes(size)
  local number, unit = size:match "^(%d+%.?%d*)([MGTmgt])$"
  local factor = unit and ({ M = 20, G = 30, T = 40 })[unit:upper()]
  local count = factor and tonumber(number) * (1 << factor) or 0
  if count < 1 << 30 or count > 1 << 44 then
    fields.wrong(WHAT, "size", "a size of 1G to 16T, such as '4G'", size)
  end
  return count // (1 << 20) * (1 << 20) | 0
end

--- The commands that put the files in place, and what they depend on.
local function place_files(files, stage)
  local lines, inputs, number = {}, {}, 0
  for path, value in fields.sorted(files) do
    local name = ("files[%s]"):format(tostring(path))
    if type(path) ~= "string" or not path:find "^/." or path:find "/%.%./" then
      host.fail("usage", ("%s: files are named by their whole path in the image, got %s"):format(
        WHAT, tostring(path)))
    end
    local entry = type(value) == "string" and { text = value } or value
    entry = fields.check(("%s: %s"):format(WHAT, name), entry,
      { text = "string", from = "string", mode = "string" })
    if (entry.text == nil) == (entry.from == nil) then
      host.fail("usage", ("%s: %s wants either text or { from = path }"):format(WHAT, name))
    end
    if entry.mode and not entry.mode:find "^[0-7]?[0-7][0-7][0-7]$" then
      fields.wrong(WHAT, name .. ".mode", "a mode such as '755'", entry.mode)
    end
    local from = entry.from
    if from then
      local sum = shell.output("2>/dev/null sha256sum <" .. q(from))
      if not sum then host.fail("missing", ("%s: cannot read '%s'"):format(WHAT, from)) end
      inputs[#inputs + 1] = ("%s %s %s"):format(path, entry.mode or "as it is", sum)
    else
      number = number + 1
      inputs[#inputs + 1] = ("%s %s %q"):format(path, entry.mode or "644", entry.text)
      if stage then
        from = ("%s/file-%d"):format(stage, number)
        shell.write(from, entry.text)
      end
    end
    local target = '"$stage/files"' .. q(path)
    lines[#lines + 1] = ("install -D /dev/null %s && cp --preserve=mode %s %s"):format(
      target, q(from or ""), target)
    local mode = entry.mode or (entry.text and "644")
    if mode then lines[#lines + 1] = ("chmod %s %s"):format(mode, target) end
  end
  return table.concat(lines, "\n"), table.concat(inputs, "\n")
end

--- The commands that make the users and run what the recipe wants, in the image's root folder.
local function customise(users, run)
  local lines = { "set -eu", 'cd "$1"', "export DEBIAN_FRONTEND=noninteractive" }
  local function add(text, ...) lines[#lines + 1] = text:format(...) end
  for name, value in fields.sorted(users) do
    local what = ("%s: users.%s"):format(WHAT, tostring(name))
    if type(name) ~= "string" or not name:find "^[%l_][%l%d_-]*$" then
      host.fail("usage", ("%s: '%s' is no name for a user"):format(WHAT, tostring(name)))
    end
    local user = fields.check(what, value,
      { password = "string", keys = "table", groups = "table", shell = "string" })
    if user.shell and not user.shell:find "^/[%w/._+-]+$" then
      fields.wrong(what, "shell", "a program's whole path, such as '/bin/sh'", user.shell)
    end
    if name ~= "root" then
      add("chroot . useradd --create-home --shell %s %s", q(user.shell or "/bin/bash"), name)
    elseif user.shell then
      add("chroot . usermod --shell %s root", q(user.shell))
    end
    if user.password then
      if user.password:find "[\n:]" then
        host.fail("usage", what .. ": a password has neither a colon nor a line feed")
      end
      add("printf '%%s\\n' %s | chroot . chpasswd", q(name .. ":" .. user.password))
    end
    for _, group in ipairs(fields.strings(what, "groups", user.groups, "^[%l_][%l%d_-]*$",
      "a group's name")) do
      add("chroot . usermod --append --groups %s %s", group, name)
    end
    local keys = fields.strings(what, "keys", user.keys, "^%S+ %S+[^\n]*$", "a public SSH key")
    if #keys > 0 then
      local home = name == "root" and "root" or "home/" .. name
      add("install -d -m 700 %s/.ssh", home)
      add("printf '%%s\\n' %s >%s/.ssh/authorized_keys", q(table.concat(keys, "\n")), home)
      add("chmod 600 %s/.ssh/authorized_keys", home)
      add("chroot . chown -R %s: /%s/.ssh", name, home)
    end
  end
  for _, command in ipairs(fields.strings(WHAT, "run", run, "%S", "a command")) do
    add("chroot . sh -euc %s </dev/null", q(command))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- A number such as GPT has them, from the recipe's key: two images have no partition in common.
local function id(key, number)
  return ("%s-%s-4%s-8%s-%s%d"):format(key:sub(1, 8), key:sub(9, 12), key:sub(13, 15),
    key:sub(16, 18), key:sub(19, 27), 100 + number)
end

local debian = {}

--- A Debian image, from the cache or built now.
function debian.image(recipe)
  recipe = fields.check(WHAT, recipe, KNOWN)
  local suite = recipe.suite or "bookworm"
  fields.strings(WHAT, "suite", { suite }, "^%l[%l%d-]*$", "a suite's name")
  local kernel = recipe.kernel or "linux-image-cloud-amd64"
  local packages = table.move(BASE, 1, #BASE, 1, {})
  for _, name in ipairs(fields.strings(WHAT, "packages", recipe.packages, NAME,
    "a package's name")) do
    packages[#packages + 1] = name
  end
  packages[#packages + 1] = fields.strings(WHAT, "kernel", { kernel }, NAME, "a package's name")[1]
  local hostname = recipe.hostname or "debian"
  fields.strings(WHAT, "hostname", { hostname }, "^[%w][%w-]*$", "a host name")
  if recipe.cmdline and recipe.cmdline:find "%c" then
    fields.wrong(WHAT, "cmdline", "words on one line", recipe.cmdline)
  end
  if recipe.mirror and not recipe.mirror:find "^%a[%w+.-]*:%S+$" then
    fields.wrong(WHAT, "mirror", "a URL, such as 'http://deb.debian.org/debian'", recipe.mirror)
  end
  local values = {
    suite = suite, packages = table.concat(packages, ","), hostname = hostname,
    size = ("%d"):format(bytes(recipe.size or "2G")), mirror = recipe.mirror or "", sources = "",
  }
  local cmdline = WORDS .. (recipe.cmdline and " " .. recipe.cmdline or "")
  local custom = customise(recipe.users, recipe.run)
  local _, files = place_files(recipe.files)
  local text = { "vmscript debian image", cmdline, custom, files, script }
  for name, value in fields.sorted(values) do text[#text + 1] = ("%s=%q"):format(name, value) end
  text[#text + 1] = recipe.mirror and "" or shell.output(
    "cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources"
    .. " 2>/dev/null; true")
  local folder, key = store.make {
    name = "debian-" .. suite, text = table.concat(text, "\n"), programs = PROGRAMS,
    script = function(stage, key)
      shell.write(stage .. "/customise", custom)
      local lines = { (place_files(recipe.files, stage)) }
      values.root_id, values.esp_id, values.disk_id = id(key, 1), id(key, 2), id(key, 3)
      values.cmdline = ("root=PARTUUID=%s rw console=ttyS0 panic=-1 %s"):format(values.root_id,
        cmdline)
      for name, value in fields.sorted(values) do
        lines[#lines + 1] = ("%s=%s"):format(name, q(value))
      end
      lines[#lines + 1] = script
      return table.concat(lines, "\n")
    end,
  }
  local root = "PARTUUID=" .. id(key, 1)
  return {
    path = folder .. "/disk", kernel = folder .. "/kernel", initramfs = folder .. "/initramfs",
    root = root, cmdline = ("root=%s rw %s"):format(root, cmdline), suite = suite,
  }
end

return debian
