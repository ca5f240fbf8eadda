-- A library for scripts, as an example of how one is shared: see docs/stdlib/libraries.md.
rockspec_format = "3.0"
package = "vmscript-resilience"
version = "1.0-1"
source = { url = "file://." }
description = {
  summary = "Faults that heal, and how long something was away, for vmscript's scripts",
  license = "Apache-2.0",
}
dependencies = { "lua ~> 5.4" }
build = {
  type = "builtin",
  modules = { ["resilience.fault"] = "fault.lua", ["resilience.outage"] = "outage.lua" },
}
