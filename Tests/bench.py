#!/usr/bin/env python3
"""What vmscript costs, measured beside what it is built on in one run: figures and ratios, with the
targets beside them. Other load makes figures worse and never better, so the minimum says most; runs
that are compared take turns. Nothing here passes or fails."""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
VMSCRIPT = os.environ.get("VMSCRIPT", os.path.join(ROOT, ".build/release/vmscript"))


def script(name):
    return os.path.join(HERE, "bench", name + ".lua")


def run(name, *arguments):
    """The lines that a script printed, as lists of words."""
    done = subprocess.run(
        [VMSCRIPT, "run", script(name)] + list(arguments), stdout=subprocess.PIPE, check=True, text=True)
    return [line.split() for line in done.stdout.splitlines()]


def show(what, values, unit, scale, target=""):
    low, mid, high = (f(values) * scale for f in (min, statistics.median, max))
    print(f"{what:<44}{low:>9.2f}{mid:>9.2f}{high:>9.2f} {unit:<4}{target}", flush=True)


def compare(ours, theirs, unit, scale, target):
    pairs = [(f(ours), f(theirs)) for f in (min, statistics.median)]
    more = " ".join(f"{(a - b) * scale:>8.2f}" for a, b in pairs)
    ratio = ", ".join(f"{a / b:.2f}" for a, b in pairs)
    print(f"{'  more, by minimum and by median':<44} {more}{'':>9} {unit:<4}{target}; ratio {ratio}")


# ---- starting ----


def timed(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def start(rounds):
    ours, theirs = [], []
    for _ in range(rounds * 20):
        ours.append(timed(VMSCRIPT, "run", script("empty")))
        theirs.append(timed("lua5.4", script("empty")))
    show("vmscript run empty.lua", ours, "ms", 1e3)
    show("lua5.4 empty.lua", theirs, "ms", 1e3)
    compare(ours, theirs, "ms", 1e3, "target: at most 4 more")


# ---- booting ----


def drain(end):
    while end.recv(65536):
        pass


def bare(arguments):
    """Seconds until the agent of the same guest says hello, with the same arguments but for the
    monitor, which only -S needs."""
    arguments = [a for a in arguments if a != "-S"]
    monitor = arguments.index("-mon")
    del arguments[monitor - 2 : monitor + 2]
    ends, theirs = {}, {}
    for name in ("console", "boot", "agent"):
        ends[name], theirs[name] = socket.socketpair()
        arguments = [a.replace(f"fd=<{name}>", f"fd={theirs[name].fileno()}") for a in arguments]
    left = [a for a in arguments if "<" in a]
    if left:
        raise SystemExit(f"bench: cannot run {left} without vmscript")
    threads = [threading.Thread(target=drain, args=(ends[name],)) for name in ("console", "boot")]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    qemu = subprocess.Popen(
        ["qemu-system-x86_64"] + arguments, stdin=subprocess.DEVNULL,
        pass_fds=[end.fileno() for end in theirs.values()])
    for end in theirs.values():
        end.close()
    try:
        ends["agent"].settimeout(300)
        if not ends["agent"].recv(1):
            raise SystemExit("bench: bare QEMU ended")
        return time.perf_counter() - started
    finally:
        qemu.kill()
        qemu.wait()
        for thread in threads:
            thread.join()
        for end in ends.values():
            end.close()


def boot(rounds):
    arguments = [" ".join(words) for words in run("arguments")]
    made, ours, theirs = [], [], []
    for _ in range(rounds):
        [times] = run("boot")
        made.append(float(times[0]))
        ours.append(float(times[1]))
        theirs.append(bare(arguments))
    show("microvm{} to its return", made, "ms", 1e3)
    show("microvm{} to the first answered vm:sh", ours, "ms", 1e3)
    show("bare QEMU to the agent's hello", theirs, "ms", 1e3)
    compare(ours, theirs, "ms", 1e3, "target: at most 50 more")


def named(name, *arguments):
    """What a script printed as names and numbers."""
    found = {}
    for word, value in run(name, *arguments):
        found.setdefault(word, []).append(float(value))
    return found


def commands(_):
    found = named("commands")
    show('vm:sh "true", idle guest, 200 times', found["command"], "ms", 1e3, "target: median at most 5 under TCG")
    show("  the guest's own time for such a command", found["inside"], "ms", 1e3)
    show("  the way there and back", found["outside"], "ms", 1e3)


# ---- launching ----


def bare_launch(arguments):
    """Seconds until QEMU with the same arguments has answered the same on QMP."""
    ends, theirs = {}, {}
    for name in ("console", "qmp"):
        ends[name], theirs[name] = socket.socketpair()
        arguments = [a.replace(f"fd=<{name}>", f"fd={theirs[name].fileno()}") for a in arguments]
    left = [a for a in arguments if "<" in a]
    if left:
        raise SystemExit(f"bench: cannot run {left} without vmscript")
    ends["qmp"].settimeout(60)
    started = time.perf_counter()
    qemu = subprocess.Popen(
        ["qemu-system-x86_64"] + arguments, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        pass_fds=[end.fileno() for end in theirs.values()])
    try:
        ends["qmp"].sendall(b'{"execute": "qmp_capabilities"}\n{"execute": "query-version", "id": 1}\n')
        answer = b""
        while b'"id": 1' not in answer:
            more = ends["qmp"].recv(65536)
            if not more:
                raise SystemExit("bench: bare QEMU ended")
            answer += more
        return time.perf_counter() - started
    finally:
        qemu.kill()
        qemu.wait()
        for end in [*theirs.values(), *ends.values()]:
            end.close()


def launch(rounds):
    arguments = [" ".join(words) for words in run("launch", "arguments")]
    ours, chips, theirs = [], [], []
    for _ in range(rounds):
        # Three of each in a run: the first pays for what a run sets up once.
        found = named("launch", "launch", "tpm", "launch", "tpm", "launch", "tpm")
        ours += found["launch"]
        chips += found["tpm"]
        theirs += [bare_launch(arguments) for _ in range(3)]
    show("qemu{} to QMP's first answer", ours, "ms", 1e3)
    show("bare QEMU, the same arguments", theirs, "ms", 1e3)
    compare(ours, theirs, "ms", 1e3, "target: at most 15 more")
    show("qemu{} with a fresh TPM", chips, "ms", 1e3)
    compare(chips, ours, "ms", 1e3, "target: at most 30 more")


# ---- connections ----


def lines(_):
    found = named("lines")
    show("a line that a guest sends, by lines()", found["line"], "us", 1e6)
    show("  one that has come already", found["kept"], "us", 1e6)
    show("a question to a guest and its answer", found["answer"], "ms", 1e3)


# ---- calls and waits ----


def calls(_):
    found = named("calls")
    show("a Lua call into Swift: now()", found["call"], "ns", 1e9, "target: at most 150")
    show("  a call into plain C: math.type(1)", found["plain"], "ns", 1e9)
    show("100,000 waits for a task that is done", found["task"], "s", 1, "target: at most 0.1")
    show("100,000 times wait(0)", found["zero"], "s", 1, "target: at most 0.1")
    show("CPU of 1,000 tasks, 10 sleeps each", found["sleep"], "s", 1, "target: less than 0.2")


# ---- gRPC ----


def grpc(_):
    count = int(os.environ.get("BENCH_CALLS", "10000"))
    python = subprocess.run(
        [os.path.join(HERE, "python.sh")], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    client = os.path.join(HERE, "bench", "etcd_client.py")
    found = named("etcd", str(count), python, client)
    each = {who: [seconds / (count // 20) for seconds in times] for who, times in found.items()}
    show(f"a unary call to etcd in a machine, {count} calls", each["ours"], "ms", 1e3)
    show("  the same by grpcio on the same port", each["theirs"], "ms", 1e3)
    compare(each["ours"], each["theirs"], "ms", 1e3, "target: ratio at most 1")


# ---- sizes ----


def link_faults(_):
    figures = {name: float(value) for name, value in run("link_faults")}
    for name, unit, scale, target in [
        ("delay-median", "ms", 1e3, "asked for 20 ms; target: within 0.3"),
        ("delay-p99", "ms", 1e3, "target: within 2"),
        ("loss-deviations", "σ", 1, "of 10⁶ frames; target: within 3"),
        ("rate-share", "", 1, "of the rate asked for; target: within 0.02 of 1"),
        ("set-median", "ms", 1e3, "until a fault is in force; target: at most 1"),
        ("set-p99", "ms", 1e3, ""),
    ]:
        print(f"{'link faults: ' + name:<44}{figures[name] * scale:>9.3f}{'':>18} {unit:<4}{target}")


def size(_):
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, "vmscript")
        shutil.copy(VMSCRIPT, copy)
        subprocess.run(["strip", copy], check=True)
        show("the binary, stripped", [os.path.getsize(copy)], "MB", 1e-6, "target: at most 40")


def cold():
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter()
        subprocess.run(
            ["swift", "build", "--quiet", "-c", "release", "--static-swift-stdlib", "--disable-default-traits",
             "--product", "vmscript", "--scratch-path", scratch],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        show("release build from nothing", [time.perf_counter() - started], "s", 1, "target: at most 180, two cores")


def main():
    parts = {
        "start": start, "launch": launch, "boot": boot, "commands": commands, "lines": lines, "calls": calls,
        "grpc": grpc, "link_faults": link_faults, "size": size}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", default=[], help=", ".join(parts) + "; all if none is named")
    parser.add_argument("--rounds", type=int, default=7, help="how many boots of each kind")
    parser.add_argument("--cold", action="store_true", help="also time a release build from nothing")
    options = parser.parse_args()
    for name in options.part:
        if name not in parts:
            parser.error(f"no part {name}; known: {', '.join(parts)}")
    subprocess.run([VMSCRIPT, "guest"], check=True, stdout=subprocess.DEVNULL)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':<44}{'min':>9}{'median':>9}{'max':>9}")
    for name in options.part or parts:
        parts[name](options.rounds)
    if options.cold:
        cold()


if __name__ == "__main__":
    main()
