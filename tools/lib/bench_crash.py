# SPDX-License-Identifier: GPL-2.0
"""tools/bench crash: what a crash of its domain, every second, costs the I/O of a disk."""
import re

import guest
import kbuild
import mdtable
import plot
import repo
from benchkit import Outcome, Verdict
from ui import Problem, Progress

TITLE = "I/O of a disk whose domain crashes once a second (QEMU)"
METHODS = ("queue", "complete")
KEYS = {"rw": ["randread", "randwrite"]}
SECONDS, QUICK = 4, 2

# what issue 7 asks for: of the throughput without crashes
LIMITS = {"randread": 0.95, "randwrite": 0.90}

ABOUT = """\
fio psync, 4 KiB, one job, on a memory-backed cnull disk, in one guest with one CPU whose
clock is its count of instructions, so that a second is 1e9 of them: about a fifth of what
a CPU of today does. The domain writes through a null pointer once a second, in queue_rq()
or in complete(), and its slot starts it anew. `none`: an image that does the same and does
not crash.
"""


def run(select, quick):
    wanted = [rw for rw in KEYS["rw"] if select({"rw": rw})]
    build = kbuild.build("x86_64")
    seconds = QUICK if quick else SECONDS
    log = repo.build_dir() / "log" / "bench-crash.log"
    total = len(wanted) * (1 + len(METHODS))
    progress, done = Progress("I/O under crashes", total, "runs"), 0

    def on_line(line):
        nonlocal done
        if line.startswith("iops "):
            done += 1
            progress.update(done)

    r = guest.boot(build, repo.GUEST / "bench_crash.sh", icount=True, mem="1G", modules=("all",), timeout=1800,
                   append=f"RW={','.join(wanted)} METHODS={','.join(METHODS)} SECONDS_PER_RUN={seconds}",
                   on_line=on_line, log=log)
    progress.done(f"{done} runs")
    if r.exit_status:
        what = r.splats[0] if r.splats else (r.script_output.splitlines() or ["no output"])[-1]
        raise Problem(f"the guest ended with status {r.exit_status}: {what}; console in {log}")
    records = parse(r.script_output)
    verdicts = judge(records, wanted)
    return Outcome(records, markdown(records, verdicts), svg(records), verdicts)


def parse(output):
    """The guest's lines as records, with the ratio to the run without crashes before them."""
    out, base = [], {}
    for line in output.splitlines():
        m = re.match(r"iops (\w+) (\w+) (\d+) (\d+)$", line)
        if not m:
            continue
        rw, method, crashes, iops = m[1], m[2], int(m[3]), int(m[4])
        if method == "none":
            base[rw] = iops
        out.append({"rw": rw, "crash_in": method, "crashes": crashes, "iops": iops,
                    "ratio": round(iops / base[rw], 4) if base.get(rw) else None})
    return out


def judge(records, asked=()):
    out = []
    for rw, limit in LIMITS.items():
        for method in METHODS:
            v = Verdict(f"{rw} with a crash per second in {method}", f"at least {limit} of that without", asked=rw in asked)
            for r in records:
                # a run without a crash says nothing
                if (r["rw"], r["crash_in"]) == (rw, method) and r["crashes"]:
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
    parts.append(mdtable.table(["I/O", "crashes in", "crashes", "IOPS", "ratio"], [
        (r["rw"], r["crash_in"], r["crashes"], r["iops"], r["ratio"]) for r in records]))
    return "\n".join(parts)


def svg(records):
    by = {(r["rw"], r["crash_in"]): r["iops"] for r in records}
    kinds = ["none", *METHODS]
    return plot.figure("A crash every second", [[plot.Panel("IOPS", kinds, "crashes in", "IOPS", {
        rw: [by.get((rw, k)) for k in kinds] for rw in KEYS["rw"] if (rw, "none") in by}, zero=True)]])
