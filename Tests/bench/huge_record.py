#!/usr/bin/env python3
"""Writes the record of a run as large as they get: huge_record.py DIRECTORY [MACHINES MINUTES MB], by default
five machines, ten minutes, 100 MB of console each. No run could make it in the time of a test."""

import json
import os
import random
import sys

directory = sys.argv[1]
machines, minutes, megabytes = (
    int(given) for given in (sys.argv[2:] + ["5", "10", "100"][len(sys.argv) - 2 :]))
chance = random.Random(7)
length = minutes * 60.0
names = [chr(ord("a") + index) if machines <= 26 else f"node{index}" for index in range(machines)]
lines = []


def say(t, kind, **fields):
    lines.append((t, {"t": round(t, 6), "kind": kind, **fields}))


os.makedirs(directory, exist_ok=True)
script = os.path.join(directory, "cluster.lua")
with open(script, "w") as file:
    for number in range(1, 201):
        file.write(f"-- line {number} of a script\n" if number != 120 else "leader:expect \"elected\"\n")
begin = {
    "schema": 1, "script": script, "arguments": ["--nodes", str(machines)], "seed": 4711,
    "version": "0.1.0", "time": "2026-01-31T23:59:59.123Z", "directory": directory, "pid": 4711}
error = {
    "kind": "timeout", "message": "console text 'elected' of machine 'a' did not come within 60 s",
    "machine": names[0], "place": f"{script}:120", "source": "leader:expect \"elected\"",
    "steps": ["failover", "second leader"]}
say(0, "run", phase="begin", **begin)
told = []
for index, name in enumerate(names):
    start = 0.1 + index * 0.05
    command = ["qemu-system-x86_64", "-name", name, "-m", "256"] + [
        word for port in range(40) for word in ("-device", f"virtio-serial-device,id=p{port}")]
    phases = dict(zip(
        ("launched", "first_byte", "kernel", "init", "ready"),
        (round(start + after + index / 50, 6) for after in (0.01, 0.4, 0.6, 2.1, 3.0))))
    say(start, "process", phase="launch", name="QEMU", pid=5000 + index, command=command, machine=name)
    for phase, t in phases.items():
        say(t, "machine", phase=phase, boot=1, machine=name)
    say(length, "machine", phase="exited", boot=1, reason="killed", asked=True, machine=name)
    say(length, "process", phase="exit", name="QEMU", pid=5000 + index, code=0, machine=name, seconds=length)
    phases.update(exited=length, reason="killed")
    told.append({
        "name": name, "directory": name, "kind": "microvm", "command": command,
        "shell": " ".join(command), "boots": [phases]})
    # A command each 30 ms, as a script that looks at a cluster again and again.
    t, number = 4.0, 0
    while t < length - 61:
        seconds = chance.expovariate(1 / 0.015)
        identity = f"{name}{number}"
        say(t, "command", phase="begin", machine=name, id=identity, command=f"etcdctl get key{number} --endpoints=10.0.0.{index}:2379")
        say(t + seconds, "command", phase="end", machine=name, id=identity, code=0 if number % 500 else 1, seconds=seconds)
        t += seconds + 0.015
        number += 1
    for event in range(200):
        say(chance.uniform(4, length), "qmp", machine=name, event="RTC_CHANGE", data={"offset": event})
number = 0
for round_ in range(int(length / 12) - 5):
    t = 5 + round_ * 12
    say(t, "step", phase="begin", name=f"round {round_}")
    say(t + 11, "step", phase="end", name=f"round {round_}", seconds=11)
    say(t + 1, "network", network="lan", fault="partition", detail=f"{names[0]} | {' '.join(names[1:])}")
    say(t + 6, "network", network="lan", fault="heal", detail="all")
    for task in range(4):
        identity = round_ * 4 + task + 2
        say(t + 1, "task", phase="begin", task=f"client {task}", task_id=identity, place=f"{script}:50")
        for wait in range(20):
            at = t + 1 + wait * 0.4 + task * 0.05
            number += 1
            fields = dict(id=number, purpose=f"console text 'applied' of machine '{names[task % machines]}'",
                          machine=names[task % machines], task=f"client {task}", task_id=identity, place=f"{script}:60")
            say(at, "wait", phase="begin", **fields)
            say(at + 0.3, "wait", phase="end", seconds=0.3, outcome="done", **fields)
        say(t + 10, "task", phase="end", task=f"client {task}", task_id=identity, outcome="returned")
fields = dict(id=number + 1, purpose="console text 'elected' of machine 'a'", machine=names[0], place=f"{script}:120")
say(length - 60, "wait", phase="begin", **fields)
say(length, "wait", phase="end", seconds=60, outcome="stopped", **fields)
end = {"status": 1, "error": error, "lag": 0.01}
say(length + 0.2, "run", phase="end", **end)
lines.sort(key=lambda line: line[0])

for index, name in enumerate(names):
    folder = os.path.join(directory, name)
    os.makedirs(folder, exist_ok=True)
    goal = megabytes * 1_000_000
    words = ["raft: applied index %d", "etcdserver: <b>range</b> \"key%d\" took too long", "\x1b[32m[  OK  ]\x1b[0m Started unit %d",
             "node-%d: </script><!-- hostile -->", "virtio_net virtio%d eth0: TX timeout"]
    with open(os.path.join(folder, "console.log"), "wb") as log, open(os.path.join(folder, "console.times"), "w") as times:
        # A block comes each so many milliseconds; a block is made once and written often.
        offset, count = 0, 4000
        blocks = []
        for block in range(20):
            text = ""
            while len(text) < goal / count:
                text += "[%12.6f] " % chance.uniform(0, length) + words[chance.randrange(5)] % chance.randrange(10**6) + "\r\n"
            blocks.append(text.encode())
        for step in range(count):
            t = 0.5 + step * (length - 0.5) / count
            times.write('{"seconds":%13.6f,"offset":%14d,"boot":%4d}\n' % (t, offset, 1))
            offset += log.write(blocks[step % 20])

with open(os.path.join(directory, "timeline.jsonl"), "w") as file:
    for _, line in lines:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
with open(os.path.join(directory, "run.json"), "w") as file:
    json.dump({**begin, **end, "seconds": length + 0.2, "machines": told}, file)
