# SPDX-License-Identifier: GPL-2.0
"""tools/bench crash: what a crash of its domain, every second, costs the I/O of a disk."""
import itertools
import re

import guest
import kbuild
import mdtable
import plot
import repo
from benchkit import Outcome, Verdict
from ui import Problem, Progress

TITLE = "I/O of a disk whose domain crashes once a second (QEMU)"
# on which disk a method of its domain is called: one whose queue is polled, or another
METHODS = {"queue": "plain", "complete": "plain", "poll": "polled"}
POLICIES = ("restart", "fallback")
KEYS = {"rw": ["randread", "randwrite"]}
SECONDS, QUICK = 4, 2

# what issue 7 asks for: of the throughput without crashes
LIMITS = {"randread": 0.95, "randwrite": 0.90}

ABOUT = """\
fio, 4 KiB, one job, on memory-backed cnull disks, in one guest with one CPU whose
clock is its count of instructions, so that a second is 1e9 of them: about a fifth of what
a CPU of today does. The domain writes through a null pointer once a second, in queue_rq(),
in complete() or in poll(). With the policy `restart` its slot starts it anew; with `fallback`
the slot starts the image before it, which does not crash, and a program that is told
of that updates the slot to the one that does. `none`: that image before it, all the time. It
has no poll(), so the calls of that are part of what the crashes cost. psync; io_uring with
a depth of 1 where it is polled. I/O that fails, or a slot that stays empty, ends the measurement.
"""


def run(select, quick):
    wanted = [rw for rw in KEYS["rw"] if select({"rw": rw})]
    build = kbuild.build("x86_64")
    seconds = QUICK if quick else SECONDS
    log = repo.build_dir() / "log" / "bench-crash.log"
    runs = list(cells())
    total = len(wanted) * len(runs)
    progress, done = Progress("I/O under crashes", total, "runs"), 0

    def on_line(line):
        nonlocal done
        if line.startswith("iops "):
            done += 1
            progress.update(done)

    r = guest.boot(build, repo.GUEST / "bench_crash.sh", icount=True, mem="1G", modules=("all",), timeout=1800,
                   append=f"RW={','.join(wanted)} RUNS={','.join(map(':'.join, runs))} SECONDS_PER_RUN={seconds}",
                   on_line=on_line, log=log)
    progress.done(f"{done} runs")
    if r.exit_status:
        what = r.splats[0] if r.splats else (r.script_output.splitlines() or ["no output"])[-1]
        raise Problem(f"the guest ended with status {r.exit_status}: {what}; console in {log}")
    records = parse(r.script_output)
    verdicts = judge(records, wanted)
    return Outcome(records, markdown(records, verdicts), svg(records), verdicts)


def cells():
    """Disk, policy and method of each run; for each disk the one without crashes comes first."""
    for disk in dict.fromkeys(METHODS.values()):
        yield disk, "none", "none"
        for policy in POLICIES:
            yield from ((disk, policy, method) for method, on in METHODS.items() if on == disk)


def parse(output):
    """The guest's lines as records, with the ratio to the run of that disk without crashes."""
    out, base = [], {}
    for line in output.splitlines():
        m = re.match(r"iops (\w+) (\w+) (\w+) (\w+) (\d+) (\d+)$", line)
        if not m:
            continue
        rw, disk, policy, method, crashes, iops = *m.groups()[:4], int(m[5]), int(m[6])
        if method == "none":
            base[rw, disk] = iops
        out.append({"rw": rw, "disk": disk, "policy": policy, "crash_in": method, "crashes": crashes, "iops": iops,
                    "ratio": round(iops / base[rw, disk], 4) if base.get((rw, disk)) else None})
    return out


def judge(records, asked=()):
    by = {(r["rw"], r["policy"], r["crash_in"]): r for r in records}
    out = []
    for (rw, limit), policy, method in itertools.product(LIMITS.items(), POLICIES, METHODS):
        v = Verdict(f"{rw}, a crash per second in {method}, {policy}", f"at least {limit} of that without", asked=rw in asked)
        r = by.get((rw, policy, method))
        # a run without a crash says nothing
        if r and r["crashes"]:
            v.found, v.met = f"{r['ratio']:.3f}", r["ratio"] >= limit
            v.beyond_noise = r["ratio"] < limit - 0.02
        out.append(v)
    return out


def markdown(records, verdicts):
    parts = ["# A crash every second\n", ABOUT]
    measured = [v for v in verdicts if v.met is not None]
    if measured:
        parts += ["## Targets\n", mdtable.table(["measure", "found", "target", ""], [
            (v.what, v.found, v.target, "met" if v.met else "**missed**") for v in measured])]
    parts.append(mdtable.table(["I/O", "disk", "policy", "crashes in", "crashes", "IOPS", "ratio"], [
        (r["rw"], r["disk"], r["policy"], r["crash_in"], r["crashes"], r["iops"], r["ratio"]) for r in records]))
    return "\n".join(parts)


def svg(records):
    by = {(r["rw"], r["policy"], r["crash_in"]): r["ratio"] for r in records}
    return plot.figure("A crash every second", [[plot.Panel(rw, list(METHODS), "crashes in", "of the IOPS without", {
        policy: [by.get((rw, policy, method)) for method in METHODS] for policy in POLICIES}, ref=limit)
        for rw, limit in LIMITS.items() if any(r["rw"] == rw for r in records)]])
