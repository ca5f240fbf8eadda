#!/usr/bin/env python3
"""What vmscript costs, measured beside what it is built on in one run: figures and ratios, with the
targets beside them. Other load makes figures worse and never better, so the minimum says most; runs
that are compared take turns. Nothing here passes or fails."""

import argparse
import os
import shlex
import shutil
import signal
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


def timed(*command, text=None, quiet=False):
    output = subprocess.DEVNULL if quiet else None
    started = time.perf_counter()
    subprocess.run(command, check=True, input=text, text=True, stdout=output)
    return time.perf_counter() - started


def start(rounds):
    ours, theirs = [], []
    for _ in range(rounds * 20):
        ours.append(timed(VMSCRIPT, "run", script("empty")))
        theirs.append(timed("lua5.4", script("empty")))
    show("vmscript run empty.lua", ours, "ms", 1e3)
    show("lua5.4 empty.lua", theirs, "ms", 1e3)
    compare(ours, theirs, "ms", 1e3, "target: at most 4 more")


def doctor(rounds):
    ours, theirs = [], []
    for _ in range(rounds * 3):
        ours.append(timed(VMSCRIPT, "doctor"))
        theirs.append(timed("qemu-system-x86_64", "-device", "help"))
    show("vmscript doctor", ours, "ms", 1e3, "target: under 300")
    show("qemu-system-x86_64 -device help", theirs, "ms", 1e3)
    compare(ours, theirs, "ms", 1e3, "")
    plan = [timed(VMSCRIPT, "plan", os.path.join("scripts", "netsplit.lua")) for _ in range(rounds * 3)]
    show("vmscript plan netsplit.lua", plan, "ms", 1e3)


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


def labgrid(_):
    """The same command by a driver that types it on the console of the same guest."""
    kernel, initramfs, line = (" ".join(words) for words in run("pc_arguments"))
    python = subprocess.run(
        [os.path.join(HERE, "labgrid.sh")], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    ours = named("commands")["command"]
    done = subprocess.run(
        [python, os.path.join(HERE, "bench", "labgrid_shell.py"), kernel, initramfs, line],
        stdout=subprocess.PIPE, check=True, text=True)
    theirs = [float(words[1]) for words in map(str.split, done.stdout.splitlines())]
    show('vm:sh "true", 200 times', ours, "ms", 1e3)
    show("labgrid's run_check(\"true\")", theirs, "ms", 1e3)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"  labgrid takes {ratio:.1f} times as long; target: at least 6 times")


def output(_):
    found = named("output")
    show("100 MB of a command's output", found["output"], "s", 1)
    show("  memory for each byte of it", found["peak"], "B", 1, "target: less than 2")
    show("100 MB by get", found["get"], "s", 1)
    show("100 MB by put", found["put"], "s", 1)


def growth(_):
    found = named("growth")
    [early], [late] = found["early"], found["late"]
    show("memory after 1,000 commands", [early], "MB", 1e-6)
    show("  and after 10,000", [late], "MB", 1e-6, "target: no more")


# ---- many at once ----


def bare_many(arguments, count):
    """Seconds until the agents of so many guests have said hello, each in a QEMU with the same arguments
    but for the monitor, which only -S needs; xargs starts them."""
    arguments = [a for a in arguments if a != "-S"]
    monitor = arguments.index("-mon")
    del arguments[monitor - 2 : monitor + 2]
    words, agents, rest, theirs = [], [], [], []
    for _ in range(count):
        own = arguments
        for name in ("console", "boot", "agent"):
            ours, its = socket.socketpair()
            (agents if name == "agent" else rest).append(ours)
            theirs.append(its)
            own = [a.replace(f"fd=<{name}>", f"fd={its.fileno()}") for a in own]
        left = [a for a in own if "<" in a]
        if left:
            raise SystemExit(f"bench: cannot run {left} without vmscript")
        words += own
    threads = [threading.Thread(target=drain, args=(end,)) for end in rest]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    xargs = subprocess.Popen(
        ["xargs", "-0", "-P", str(count), "-n", str(len(arguments)), "qemu-system-x86_64"],
        stdin=subprocess.PIPE, pass_fds=[end.fileno() for end in theirs], start_new_session=True)
    try:
        xargs.stdin.write("\0".join(words).encode() + b"\0")
        xargs.stdin.close()
        for agent in agents:
            agent.settimeout(300)
            if not agent.recv(1):
                raise SystemExit("bench: bare QEMU ended")
        return time.perf_counter() - started
    finally:
        os.killpg(xargs.pid, signal.SIGKILL)
        xargs.wait()
        for end in theirs:
            end.close()
        for thread in threads:
            thread.join()
        for end in agents + rest:
            end.close()


def parallel(rounds):
    count = int(os.environ.get("BENCH_MACHINES", "10"))
    arguments = [" ".join(words) for words in run("parallel", "1", "arguments")]
    ours, theirs = [], []
    for _ in range(min(rounds, 3)):
        ours += named("parallel", str(count))["ready"]
        theirs.append(bare_many(arguments, count))
    show(f"a cluster of {count} machines, all ready", ours, "s", 1)
    show("bare QEMUs by xargs -P, all agents' hello", theirs, "s", 1)
    compare(ours, theirs, "s", 1, "target: ratio at most 1.1")


# ---- tests ----


def suite(rounds):
    """Tests of one machine each, beside the same QEMUs started by xargs, as many at a time."""
    count = int(os.environ.get("BENCH_TESTS", "50"))
    jobs = str(os.cpu_count())
    [words] = run("suite", "command")
    command = shlex.split(" ".join(words), comments=True)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            shutil.copy(script("suite"), os.path.join(folder, f"t{number}_test.lua"))
        for _ in range(min(rounds, 3)):
            ours.append(timed(VMSCRIPT, "test", "--jobs", jobs, "--junit", os.devnull, folder, quiet=True))
            theirs.append(timed(
                "xargs", "-0", "-P", jobs, "-n", str(len(command) - 1), command[0], quiet=True,
                text="\0".join(command[1:] * count)))
    show(f"vmscript test: {count} tests of one machine", ours, "s", 1)
    show(f"bare QEMUs by xargs -P {jobs}", theirs, "s", 1)
    compare(ours, theirs, "s", 1, "target: ratio at most 1.05")


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


# ---- many tasks ----


def tasks(_):
    found = named("tasks")
    for kind in ("sleep", "channel", "barrier"):
        few, many = (found[f"{kind}{count}"] for count in (1000, 10000))
        show(f"CPU of a {kind} wait, 1,000 tasks, 100 each", few, "us", 1e6)
        show("  10,000 tasks, 100 each", many, "us", 1e6)
        compare(many, few, "us", 1e6, "target: linear, ratio about 1")


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


# ---- networks ----

SWITCH = os.path.join(ROOT, ".build/release/SwitchBench")


def bench_switch(*arguments):
    done = subprocess.run(
        [SWITCH] + [str(a) for a in arguments], stdout=subprocess.PIPE, check=True, text=True)
    found = {}
    for word, value in (line.split() for line in done.stdout.splitlines()):
        found.setdefault(word, []).append(float(value))
    return found


def ours(*load):
    found = bench_switch("forward", *load)
    return found["arrived"][0] / found["processor"][0]


def ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def vde(ports, size, seconds):
    """All frames that vde_switch was given count for it, also those that it dropped."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "switch")
        switch = subprocess.Popen(
            ["vde_switch", "-s", place, "-n", "128"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(os.path.join(place, "ctl")):
                time.sleep(0.01)
            before = ticks(switch.pid)
            found = bench_switch("vde", place, ports, size, seconds)
            return found["sent"][0] / (ticks(switch.pid) - before)
        finally:
            switch.kill()
            switch.wait()


def network(rounds):
    for ports in (2, 8, 64):
        for size in (64, 1514):
            mine, theirs = [], []
            for _ in range(min(rounds, 3)):
                mine.append(ours(ports, size, 2))
                theirs.append(vde(ports, size, 2))
            show(f"switch, {ports} ports, {size} bytes, frames per CPU s", mine, "k", 1e-3)
            show("  vde_switch", theirs, "k", 1e-3)
            print(f"{'  ratio, by maximum':<44}{max(mine) / max(theirs):>9.2f}   target: at least 3")
            if ports == 2:
                faulty = [ours(ports, size, 2, "faults") for _ in range(min(rounds, 3))]
                show("  with six impairments and a capture", faulty, "k", 1e-3, "target: vde_switch's")
    late = sorted(abs(x) for x in bench_switch("delay")["late"])
    show("a delay of 50 ms is late by", late, "ms", 1e3, "target: median at most 0.3")
    show("  at the 99th percentile", [late[len(late) * 99 // 100]], "ms", 1e3, "target: at most 2")
    show("loss of a million frames, deviations", bench_switch("loss")["deviations"], "", 1, "target: within 3")
    show("a rate of 20 Mbit/s, as a share", bench_switch("rate")["rate"], "", 1, "target: within 2 %")
    show("splitting 64 ports under load", bench_switch("split")["split"], "ms", 1e3, "target: at most 1")
    found = named("network", str(min(rounds, 3)))
    show("TCP between machines on a network", found["network"], "Mb/s", 1e-6)
    show("  on a cable", found["cable"], "Mb/s", 1e-6)
    best = max(found["network"]) / max(found["cable"])
    print(f"{'  ratio, by maximum':<44}{best:>9.2f}   target: at least 0.95")
    show("a ping between machines on a network", found["network_ping"], "ms", 1e3)
    show("  on a cable", found["cable_ping"], "ms", 1e3)
    compare(found["network_ping"], found["cable_ping"], "ms", 1e3, "target: at most 0.2 more")


# ---- consoles ----

# 25 MB in lines of 80 bytes. The texts that are waited for are not in what is typed.
PREPARE = (
    "cd /tmp; for i in $(seq 100); do printf '%079d\\n' $i; done >1; cat 1 1 1 1 1 >5; cat 5 5 5 5 5 >25; "
    "for i in $(seq 125); do cat 25; done >all; "
    "p=/dev/$(grep -l fast /sys/class/virtio-ports/*/name | cut -d/ -f5); echo prepa''red")


def flood(megabytes):
    blocks = megabytes * 1000000 // 4 // 32768
    return (f"for i in 1 2 3 4; do dd if=all bs=32k count={blocks} 2>/dev/null; done >$p; "
            "echo 'the e'nd: 42 >$p")


def bare_console(arguments, python, way, megabytes):
    """Seconds that pexpect needs on the console of the same machine, started without vmscript."""
    arguments = [a for a in arguments if a != "-S"]
    monitor = arguments.index("-mon")
    del arguments[monitor - 2 : monitor + 2]
    ends, theirs = {}, {}
    for name in ("console", "boot", "agent"):
        ends[name], theirs[name] = socket.socketpair()
        arguments = [a.replace(f"fd=<{name}>", f"fd={theirs[name].fileno()}") for a in arguments]
    qemu = subprocess.Popen(
        ["qemu-system-x86_64"] + arguments, stdin=subprocess.DEVNULL,
        pass_fds=[end.fileno() for end in theirs.values()])
    try:
        for end in theirs.values():
            end.close()
        number = ends["console"].fileno()
        done = subprocess.run(
            [python, os.path.join(HERE, "bench/console_pexpect.py"), str(number), way, PREPARE, flood(megabytes)],
            pass_fds=[number], stdout=subprocess.PIPE, check=True, text=True)
        return float(done.stdout)
    finally:
        qemu.kill()
        qemu.wait()
        for end in ends.values():
            end.close()


def console(_):
    python = subprocess.run(
        [os.path.join(HERE, "python.sh")], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    arguments = [" ".join(words) for words in run("console", "arguments")]
    ours = named("console", "run", PREPARE, flood(100))["ours"]
    show("a pattern behind 100 MB on a console", ours, "s", 1)
    small = named("console", "run", PREPARE, flood(4))["ours"]
    show("  behind 4 MB", small, "s", 1)
    for way, megabytes, what in [
        ("expect", 4, "pexpect's expect as it is, behind 4 MB"),
        ("exact", 100, "  its expect_exact, by large reads, 100 MB"),
        ("window", 100, "  a pattern in the newest 200 bytes alone"),
    ]:
        theirs = [bare_console(arguments, python, way, megabytes) for _ in range(3)]
        show(what, theirs, "s", 1)
        ratio = min(theirs) / min(small if megabytes == 4 else ours)
        more = ", and it grows with the square" if way == "expect" else ""
        print(f"{'  by so much slower than ours':<44}{ratio:>9.2f}{more}")


# ---- the report ----


def report(rounds):
    """The page of a ten-minute run of five machines with 100 MB of console each."""
    from browser import Browser

    with tempfile.TemporaryDirectory() as scratch:
        record = os.path.join(scratch, "huge")
        subprocess.run([os.path.join(HERE, "bench", "huge_record.py"), record], check=True)
        # The trace is not timed with the page.
        open(os.path.join(record, "trace.json"), "w").close()
        page = os.path.join(record, "report.html")
        made = [timed(VMSCRIPT, "report", record, "-o", page) for _ in range(3)]
        show("vmscript report, five machines, 500 MB", made, "s", 1)
        show("  the page", [os.path.getsize(page)], "MB", 1e-6, "target: at most 5")
        browser = Browser()
        try:
            usable = [browser.open(page)[1] for _ in range(rounds)]
        finally:
            browser.close()
        show("  opened until usable in Chromium", usable, "ms", 1, "target: at most 2000")


# ---- the record ----

RECORD = os.path.join(ROOT, ".build/release/RecordBench")


def record(rounds):
    """What the record costs: the lines that runs have told, each as dear as RecordBench finds it with the
    same lines, beside the time that the runs took and the processor time that vmscript itself did."""
    shares, own, costs, lines = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(rounds):
            state = os.path.join(scratch, "state")
            shutil.rmtree(state, ignore_errors=True)
            done = subprocess.run(
                [VMSCRIPT, "run", script("record")], env=dict(os.environ, XDG_STATE_HOME=state),
                stdout=subprocess.PIPE, check=True, text=True)
            seconds, processor = (float(word) for word in done.stdout.split())
            runs = os.path.join(state, "vmscript/runs")
            told = os.path.join(runs, os.listdir(runs)[0])
            with open(os.path.join(told, "timeline.jsonl")) as file:
                count = sum(1 for _ in file)
            cost = float(subprocess.run(
                [RECORD, os.path.join(scratch, "bench"), told], stdout=subprocess.PIPE, check=True,
                text=True).stdout) * 1e-6
            lines.append(count)
            costs.append(cost)
            shares.append(count * cost / seconds)
            own.append(count * cost / processor)
    show("lines of the timeline, a boot and 500 vm:sh", lines, "", 1)
    show("  a line, written", costs, "us", 1e6)
    show("  share of the run's time", shares, "%", 100, "target: below 3")
    show("  share of vmscript's own processor time", own, "%", 100)


# ---- sizes ----


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
    functions = [
        start, doctor, launch, boot, parallel, suite,
        commands, labgrid, output, growth,
        lines, console,
        calls, tasks,
        grpc,
        network,
        record, report,
        size,
    ]
    parts = {function.__name__: function for function in functions}
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
