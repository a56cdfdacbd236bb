# SPDX-License-Identifier: GPL-2.0
"""tools/bench mutants: what images do whose code was damaged at random, and what becomes of the kernel."""
import hashlib
import math
import re
import time
from collections import Counter
from typing import NamedTuple

import benchkit
import guest
import kbuild
import mdtable
import plot
import proc
import repo
from benchkit import Outcome
from ui import Problem, Progress, say

TITLE = "what images do whose code was damaged at random (QEMU)"
# image -> its tier: 0 is contained when it traps, 1 has its stores checked
IMAGES = {"work": 0, "work_checked": 1}
KEYS = {"image": list(IMAGES)}

SEED = 1
BYTES = 1               # changed in each mutant
MUTANTS, QUICK = 2000, 500
PER_GUEST = 250         # so damage that nobody noticed does not live for long
SILENCE = 90            # seconds after which a guest is taken for dead
LIFE = 240              # the same for one that goes on to print: an oops in an oops in an oops

CLASSES = ("none", "refused", "contained", "wrong", "damage")
WHAT = {"none": "nothing differs", "refused": "the image is not loaded, or init() fails",
        "contained": "the domain dies, its caller has an error, all else is well",
        "wrong": "a result differs, or something is left behind",
        "damage": "the kernel or another domain is hurt"}

ABOUT = """\
Each mutant is the image with {bytes} byte of its functions changed, place and value chosen
by seed {seed} and the mutant's number. It is loaded, bound, called {calls} times (sorts, lists,
trees, tables, text, its own memory, shared objects, the store of its slot), unbound and
unloaded. Afterwards a second domain, of the image as it is, must give the right results,
the allocator must find its red zones and poison intact, and the kernel must have said
nothing; a guest that dies or falls silent is damage, too. A call may take 100 ms of CPU time.
What is written to memory that nobody checks is not seen: `none` and `contained` may
include it. Intervals are Wilson's, of 95 %.
"""


class Endless(Exception):
    pass


class Mutant(NamedTuple):
    number: int
    outcome: str
    offset: str
    function: str
    change: str
    detail: str

    @classmethod
    def parse(cls, line):
        m = re.match(r"mutant (\d+) (\w+) (\S+) (\S+) (\S+) (.*)$", line)
        return cls(int(m[1]), *m.groups()[1:]) if m and m[2] in CLASSES else None

    def line(self):
        return "mutant " + " ".join(map(str, self))


def wilson(k, n, z=1.96):
    """The interval in which a share lies of which k of n were found."""
    if not n:
        return 0.0, 1.0
    p, zz = k / n, z * z / n
    mid, half = p + zz / 2, z * math.sqrt(p * (1 - p) / n + zz / n / 4)
    return max(0.0, (mid - half) / (1 + zz)), min(1.0, (mid + half) / (1 + zz))


class Log:
    """Mutants that have been tried; a run goes on where the last one ended.

    It belongs to the bytes of the image: of another one, it starts anew."""

    def __init__(self, image, path):
        self.path = benchkit.folder() / f"mutants-{image}-{SEED}-{BYTES}.log"
        head = f"image {hashlib.sha256(path.read_bytes()).hexdigest()}"
        lines = self.path.read_text().splitlines() if self.path.is_file() else []
        if lines[:1] != [head]:
            self.path.write_text(head + "\n")
            lines = []
        self.mutants = [m for m in map(Mutant.parse, lines) if m]

    def add(self, mutant):
        self.mutants.append(mutant)
        with open(self.path, "a") as f:
            f.write(mutant.line() + "\n")

    @property
    def next(self):
        return max((m.number for m in self.mutants), default=-1) + 1


def run(select, quick):
    images = [i for i in IMAGES if select({"image": i})]
    build = kbuild.build("x86_64", config=("mutants",))
    found = {path.stem: path for path in build.domains}
    records, logs, skipped = [], {}, {}
    for image in images:
        if image not in found:
            skipped[image] = "this kernel has no such image"
            continue
        log = logs[image] = Log(image, found[image])
        total = max(QUICK if quick else MUTANTS, log.next)
        if log.next:
            say(f"{image}: {log.next} of {total} are in {log.path}")
        progress = Progress(f"mutants of {image}", total)
        while log.next < total:
            _boot(build, image, log, min(PER_GUEST, total - log.next), progress)
        progress.done(f"{log.next}")
        records += summary(image, log.mutants)
    if not records:
        raise Problem("there is nothing to measure: " + "; ".join(f"{i}: {why}" for i, why in skipped.items()))
    return Outcome(records, markdown(records, {i: log.mutants for i, log in logs.items()}), svg(records),
                   skipped=skipped)


def _boot(build, image, log, count, progress):
    first = log.next
    started = since = None

    def on_line(line):
        nonlocal started, since
        if m := re.match(r"start (\d+) (\S+) (\S+) (\S+)$", line):
            started, since = (int(m[1]), "damage", *m.groups()[1:]), time.monotonic()
        elif m := Mutant.parse(line.rstrip()):
            log.add(m)
            started = None
            progress.update(log.next)
        elif started and time.monotonic() - since > LIFE:
            raise Endless

    console = repo.build_dir() / "log" / f"bench-mutants-{image}.log"
    try:
        r = guest.boot(build, repo.GUEST / "bench_mutants.sh", smp=2, mem="512M", programs=(), timeout=3600,
                       append=f"slab_debug=FZP IMAGE={image} SEED={SEED} FIRST={first} COUNT={count} BYTES={BYTES}",
                       on_line=on_line, log=console, silence=SILENCE)
    except Endless:
        said = guest.splats(console.read_text(errors="replace"))
        log.add(Mutant(*started, "no end: " + (said[0] if said else "goes on to print")))
        return
    if r.status == 0:
        return
    if started is not None:
        # it did not come to say so itself
        why = f"silent for {SILENCE} s" if r.status == guest.TIMED_OUT else "guest died"
        detail = f"{why}: {r.splats[0]}" if r.splats else why
        log.add(Mutant(*started, detail))
    if log.next == first:
        last = (r.script_output.splitlines() or ["no output"])[-1]
        raise Problem(f"the guest ended with status {r.status} before its first mutant: {last}; console in {console}")


def summary(image, mutants):
    """Records: how many of each class, with interval; and the share of what went wrong that was contained."""
    n = len(mutants)
    counts = Counter(m.outcome for m in mutants)
    bad = n - counts["none"]
    out = []

    def add(what, k, of):
        low, high = wilson(k, of)
        out.append({"what": what, "image": image, "tier": IMAGES[image], "seed": SEED, "bytes": BYTES, "value": k,
                    "of": of, "share": round(k / of, 5) if of else None, "low": round(low, 5),
                    "high": round(high, 5)})

    for c in CLASSES:
        add(c, counts[c], n)
    add("stopped", counts["refused"] + counts["contained"], bad)
    add("survived", n - counts["damage"], n)
    return out


def _percent(x):
    return f"{100 * x:.1f} %"


def _row(name, r):
    return [name, r["value"], _percent(r["value"] / r["of"]) if r["of"] else "-",
            f"{_percent(r['low'])} to {_percent(r['high'])}"]


def markdown(records, mutants):
    parts = ["# Damaged images\n", ABOUT.format(bytes=BYTES, seed=SEED, calls=30)]
    for image, found in mutants.items():
        by = {r["what"]: r for r in records if r["image"] == image}
        parts += [f"## {image}, tier {IMAGES[image]}: {len(found)} mutants\n",
                  mdtable.table(["class", "mutants", "share", "interval"],
                                [_row(f"{c}: {WHAT[c]}", by[c]) for c in CLASSES])]
        parts += ["Of all mutants, the kernel survives; of those that differ from the image, the fault is stopped:\n",
                  mdtable.table(["", "mutants", "share", "interval"],
                                [_row("survived", by["survived"]), _row("refused or contained", by["stopped"])])]
        deaths = Counter(re.split(r" at |, wrong", m.detail)[0] for m in found if m.outcome == "contained")
        if deaths:
            parts += ["What the contained ones died of:\n", mdtable.table(["", "mutants"], deaths.most_common())]
        late = sum(1 for m in found if m.outcome == "contained" and not m.detail.endswith("wrong before: 0"))
        parts += [f"Of them, {late} had returned wrong results before.\n"]
        hurt = [m for m in found if m.outcome == "damage"]
        if hurt:
            parts += ["The damage:\n", mdtable.table(["mutant", "function", "change", "detail"],
                                                    [[m.number, m.function, m.change, m.detail] for m in hurt])]
    return "\n".join(parts)


def svg(records):
    images = list(dict.fromkeys(r["image"] for r in records))
    by = {(r["image"], r["what"]): r for r in records}
    return plot.figure("Damaged images", [[plot.Panel("share of the mutants", list(CLASSES), "class", "%", {
        f"{i}, tier {IMAGES[i]}": [100 * by[i, c]["share"] for c in CLASSES] for i in images}, zero=True)]])
