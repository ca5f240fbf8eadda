#!/usr/bin/env python3
"""Ends runs of two machines at random moments, by signals that cannot be caught and by those that
can, and looks for what they leave: processes, volatile files, ports. Exits with 1 if there is any."""

import argparse
import collections
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
VMSCRIPT = os.environ.get("VMSCRIPT", os.path.join(os.path.dirname(HERE), ".build/release/vmscript"))
SCRIPT = os.path.join(HERE, "Fixtures", "two-machines.lua")
PATIENCE = 10  # seconds in which all must be gone


def can_bind(port, kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port(kind):
    """Below those that the kernel gives to anyone who asks for none in particular."""
    while True:
        port = random.randrange(20000, 32000)
        if can_bind(port, kind):
            return port


class Run:
    def __init__(self):
        self.mark = str(uuid.uuid4())
        self.scratch = tempfile.mkdtemp(prefix="vmscript-soak-")
        self.ports = [(free_port(kind), kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        environment = dict(
            os.environ, VMSCRIPT_TEST_MARK=self.mark, XDG_RUNTIME_DIR=self.scratch, TMPDIR=self.scratch,
            XDG_STATE_HOME=os.path.join(self.scratch, "state"))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [VMSCRIPT, "run", SCRIPT] + [str(port) for port, _ in self.ports], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def wait_for(self, word):
        for line in self.process.stdout:
            if line.decode().strip() == word:
                return time.monotonic() - self.started
        raise SystemExit(f"soak: the run ended before it said {word}")

    def end(self, number, moment):
        """Sends a signal so long after the start. Returns the status, and the seconds until the run
        was over."""
        time.sleep(max(0, self.started + moment - time.monotonic()))
        sent = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            status = "still running after 30 s"
            self.process.kill()
            self.process.wait()
        return status, time.monotonic() - sent

    def processes(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    if self.mark.encode() not in environment.read():
                        continue
                with open(f"/proc/{pid}/cmdline", "rb") as line:
                    found.append(f"process {pid}: " + line.read().replace(b"\0", b" ").decode()[:100])
            except OSError:
                pass  # ended meanwhile, or another user's
        return found

    def files(self):
        """All but the record and the folder in which volatile directories are made."""
        base = f"vmscript-{os.geteuid()}"
        found = [name for name in os.listdir(self.scratch) if name not in ("state", base)]
        if os.path.isdir(os.path.join(self.scratch, base)):
            found += [f"{base}/{name}" for name in os.listdir(os.path.join(self.scratch, base))]
        return ["file " + name for name in found]

    def left(self):
        """What is left, and the seconds until nothing was."""
        started = time.monotonic()
        while True:
            found = self.processes() + self.files()
            found += [f"port {port}" for port, kind in self.ports if not can_bind(port, kind)]
            took = time.monotonic() - started
            if not found or took > PATIENCE:
                self.process.stdout.close()
                shutil.rmtree(self.scratch, ignore_errors=True)
                return found, took
            time.sleep(0.005)


def rounds(what, count, signals, boot, good):
    """`count` runs, each ended by one of `signals`: every other in the first half second, in which
    all is started, the others at any time until both machines are up."""
    statuses, ends, gone, bad = collections.Counter(), [], [], 0
    for index in range(count):
        moment = random.uniform(0, 0.5 if index % 2 else boot)
        number = random.choice(signals)
        run = Run()
        status, took = run.end(number, moment)
        found, after = run.left()
        statuses[status] += 1
        ends.append(took)
        gone.append(after)
        if status not in good(number):
            found.append(f"status {status}")
        if found:
            bad += 1
            print(f"  {signal.Signals(number).name} after {moment * 1e3:.1f} ms left {'; '.join(found)}", flush=True)
    told = ", ".join(f"{status}: {number}" for status, number in statuses.most_common())
    print(f"{what}: {count} runs, {bad} left something; statuses {told}")
    for name, values in ("over", ends), ("clean after that", gone):
        print(f"  {name}: median {statistics.median(values):.3f} s, at most {max(values):.3f} s", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--signals", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    # Children inherit what is ignored: a shell ignores SIGINT for what it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed(options.seed)
    subprocess.run([VMSCRIPT, "guest"], check=True, stdout=subprocess.DEVNULL)
    first = Run()
    boot = first.wait_for("up")
    first.end(signal.SIGKILL, 0)
    bad = len(first.left()[0])
    print(f"seed {options.seed}; two machines are up after {boot:.1f} s", flush=True)
    bad += rounds("SIGKILL", options.kills, [signal.SIGKILL], boot, lambda number: {-number})
    # Before the program has its handlers the signal ends it by itself.
    bad += rounds(
        "SIGINT and SIGTERM", options.signals, [signal.SIGINT, signal.SIGTERM], boot,
        lambda number: {-number, 128 + number})
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
