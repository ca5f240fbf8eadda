"""What console.lua does, by pexpect: seconds from typing to the match. Arguments: the console's
descriptor, the way ("expect", "window", "exact"), what prepares and what floods."""

import sys
import time

import pexpect.fdpexpect

number, way, prepare, flood = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
# "window" looks at the newest 200 bytes alone after each read: what stands before them is missed.
options = {"window": {"maxread": 65536, "searchwindowsize": 200}, "exact": {"maxread": 65536}}
console = pexpect.fdpexpect.fdspawn(number, timeout=600, **options.get(way, {}))
console.expect_exact(b"# ")
console.send(b"\x01c")  # as there: what is typed goes to the terminal
console.send(prepare + "\r")
console.expect_exact(b"prepared")
started = time.perf_counter()
console.send(flood + "\r")
if way == "exact":
    console.expect_exact(b"the end: 42")
else:
    console.expect(rb"the end: (\d+)")
print(time.perf_counter() - started, flush=True)
