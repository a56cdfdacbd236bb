# SPDX-License-Identifier: GPL-2.0
"""tools/bench io: what an I/O costs in cnull, beside null_blk, brd and rnull."""
from dataclasses import dataclass

import benchkit
import icount
import io_report
import ioplan
import kbuild
import repo
import umlio
from benchkit import Outcome, Verdict, median_and_spread, size_name
from ui import Problem, say

TITLE = "instructions per I/O (QEMU icount, psync) and contention (UML, io_uring, 1 and 2 jobs)"
KEYS = {
    "method": ["icount", "uml"],
    "driver": ["cnull", "null_blk", "brd", "rnull"],
    "mode": ["null", "memory", "bio", "bio-memory"],
    "blocksize": [512, 4096],
    "rw": icount.RWS,
    "bs": icount.BSS,
    "jobs": umlio.JOBS,
}
QUICK = {"icount": {("randread", 4096), ("randwrite", 4096), ("read", 131072), ("write", 131072)},
         "uml": {("randread", 4096)}}


@dataclass(frozen=True)
class Target:
    """cnull's figure over a peer's: instructions at most, or throughput at least, `limit`."""
    method: str
    mode: str
    blocksize: int
    rw: str
    bs: int
    limit: float
    jobs: int = 1
    scaling: bool = False       # two jobs over one, against brd's; limit is a factor

    def __str__(self):
        disk = self.mode + (f" {self.blocksize}" if self.mode == "memory" else "")
        return f"{disk}, {size_name(self.bs)} {self.rw}" + (f", {self.jobs} jobs" if self.method == "uml" else "")


# what issue 2 asks for
TARGETS = [Target("icount", "null", 4096, rw, 4096, 0.985) for rw in ("randread", "randwrite")] + \
          [Target("icount", "memory", 4096, rw, 4096, 0.97) for rw in ("randread", "randwrite")] + \
          [Target("icount", "memory", 4096, rw, 131072, 0.87) for rw in ("read", "write")] + \
          [Target("icount", "memory", 512, rw, 4096, 0.82) for rw in ("randread", "randwrite")] + \
          [Target("icount", "memory", 512, rw, 131072, 0.50) for rw in ("read", "write")] + \
          [Target("uml", "memory", 4096, "randread", 4096, 1.2, jobs=2),
           Target("uml", "memory", 4096, "randread", 4096, 1.0, jobs=2, scaling=True)]


def run(select, quick):
    icount_cells = [(d, rw, bs) for rw in icount.RWS for bs in icount.BSS for d in ioplan.DISKS
                    if _wanted(select, quick, "icount", d, rw, bs, 1)]
    uml_cells = [(d, rw, bs, jobs) for rw, bs in umlio.CELLS for jobs in umlio.JOBS for d in ioplan.DISKS
                 if _wanted(select, quick, "uml", d, rw, bs, jobs)]
    if not icount_cells and not uml_cells:
        raise Problem("--only leaves nothing to measure; tools/bench --help lists what there is")
    records, skipped, limits, about = [], {}, {}, "Linux:"
    work, logs = benchkit.folder() / "work", repo.build_dir() / "log"
    failed = []
    # both kernels first: what cannot be built is known before much time is spent
    kernels = {target: kbuild.build(target, config=["bench"])
               for target, cells in (("x86_64", icount_cells), ("um", uml_cells)) if cells}
    for build in kernels.values():
        about += f" {build.name} {build.release}."
    if icount_cells:
        cells = _present(kernels["x86_64"], icount_cells, skipped)
        found, answers, why = icount.measure(kernels["x86_64"], _disks(cells), cells, work, logs / "bench-icount.log")
        skipped |= why | _refusals(answers, cells)
        limits |= answers.limits
        records += [icount_record(*cell, values) for cell, values in found.items()]
    if uml_cells:
        cells = _present(kernels["um"], uml_cells, skipped)
        idle = umlio.idle_percent()
        about += f" The machine was {idle} % idle before the contention runs."
        if idle < 90:
            say(f"the machine is only {idle} % idle: the figures of UML will not mean much")
        try:
            found, answers = umlio.measure(kernels["um"], _disks(cells), cells, work, logs / "bench-uml.log")
            skipped |= _refusals(answers, cells)
            limits = limits or answers.limits
            records += [uml_record(*cell, values) for cell, values in found.items()]
        except Problem as e:    # the instruction counts are worth keeping
            failed.append(f"contention: {e}")
            skipped["contention"] = str(e)
    verdicts = [judge(t, records) for t in TARGETS]
    return Outcome(records, io_report.markdown(records, verdicts, skipped, limits, about),
                   io_report.svg(records), verdicts, skipped, failed)


def _wanted(select, quick, method, disk, rw, bs, jobs):
    if quick and ((rw, bs) not in QUICK[method]
                  or method == "uml" and (disk.mode, disk.blocksize) not in (("memory", 4096), ("bio-memory", 512))):
        return False
    return select({"method": method, "driver": disk.driver, "mode": disk.mode, "blocksize": disk.blocksize,
                   "rw": rw, "bs": bs, "jobs": jobs})


def _disks(cells):
    return [d for d in ioplan.DISKS if d in {c[0] for c in cells}]


def _present(build, cells, skipped):
    """Without the cells of drivers that this kernel has no module for."""
    disks, absent = ioplan.built(_disks(cells), build.mods)
    skipped |= {f"{driver} ({build.target})": why for driver, why in absent.items()}
    left = [c for c in cells if c[0] in disks]
    if not left:
        raise Problem("nothing to measure: " + "; ".join(f"{d}: {why}" for d, why in absent.items()))
    return left


def _refusals(answers, cells):
    names = {d.name: f"{d.driver} {d.mode}" for d in _disks(cells)}
    return {names.get(what, what): why for what, why in answers.refused.items()}


def _record(method, disk, rw, bs, jobs, iops, insns, own, values):
    return {"method": method, "driver": disk.driver, "mode": disk.mode, "blocksize": disk.blocksize, "rw": rw,
            "bs": bs, "jobs": jobs, "iops": iops, "insn_per_io": insns, "driver_insn_per_io": own,
            "repetitions": len(values), "spread": round(median_and_spread(values)[1], 5)}


def icount_record(disk, rw, bs, values):
    totals = [total for total, _ in values]
    insns = min(totals)     # what else happens in the guest only ever adds
    own = None if values[0][1] is None else round(median_and_spread([o for _, o in values])[0], 1)
    return _record("icount", disk, rw, bs, 1, round(1e9 / insns, 1), round(insns, 1), own, totals)


def uml_record(disk, rw, bs, jobs, values):
    return _record("uml", disk, rw, bs, jobs, round(median_and_spread(values)[0]), None, None, values)


def judge(t, records):
    """A target's verdict. Noise: half the spread of every figure that went in."""
    def find(driver, jobs, mode=t.mode, blocksize=t.blocksize):
        return next((r for r in records if (r["method"], r["driver"], r["mode"], r["blocksize"], r["rw"], r["bs"], r["jobs"])
                     == (t.method, driver, mode, blocksize, t.rw, t.bs, jobs)), None)

    if t.scaling:
        used = [find("cnull", 2), find("cnull", 1), find("brd", 2, "bio-memory", 512), find("brd", 1, "bio-memory", 512)]
        v = Verdict(f"{t}: two jobs over one", f"at least {t.limit:g} x brd's")
    else:
        used = [find("cnull", t.jobs), find("null_blk", t.jobs)]
        what = "instructions" if t.method == "icount" else "IOPS"
        v = Verdict(f"{t}: {what}", f"at {'most' if t.method == 'icount' else 'least'} {t.limit:g} x null_blk's")
    if None in used:
        return v
    noise = sum(r["spread"] for r in used) / 2
    if t.scaling:
        own, peer = (a["iops"] / b["iops"] for a, b in (used[:2], used[2:]))
        v.met, v.found = own >= peer * t.limit, f"{own:.2f}, brd {peer:.2f}"
        v.beyond_noise = own < peer * t.limit * (1 - noise)
    elif t.method == "icount":
        ratio = used[0]["insn_per_io"] / used[1]["insn_per_io"]
        v.met, v.found = ratio <= t.limit, f"{ratio:.4f}"
        v.beyond_noise = ratio > t.limit * (1 + noise)
    else:
        ratio = used[0]["iops"] / used[1]["iops"]
        v.met, v.found = ratio >= t.limit, f"{ratio:.2f}"
        v.beyond_noise = ratio < t.limit * (1 - noise)
    return v
