# SPDX-License-Identifier: GPL-2.0
"""tools/bench io: what an I/O costs in cnull, beside null_blk, brd and rnull."""
from dataclasses import dataclass

import benchkit
import bioloop
import icount
import io_report
import ioplan
import kbuild
import repo
import rust
import umlio
from benchkit import Outcome, Verdict, median_and_spread, size_name
from ui import Problem, say

TITLE = "instructions per I/O (QEMU icount, psync) and contention (UML: io_uring, bios in the kernel)"
KEYS = {
    "method": ["icount", "uml", "bioloop"],
    "driver": ["cnull", *ioplan.IMAGES, "null_blk", "brd", "rnull"],
    "mode": list(ioplan.FEATURES),
    "blocksize": [512, 4096],
    "rw": icount.RWS,
    "bs": icount.BSS,
    "jobs": sorted({*icount.JOBS, *umlio.JOBS}),
}
QUICK = {"icount": {("randread", 4096), ("randwrite", 4096), ("read", 131072), ("write", 131072),
                    ("randread", 32768), ("randwrite", 32768)},
         "uml": {("randread", 4096)}, "bioloop": {("randread", 4096)}}
BRD = ("brd", "bio-memory", 512)
# what the experiment with a driver in Rust, replaced at run time, published: its sizes, and several jobs
JOBS_CELLS = {(driver, "memory", 4096) for driver in ("null_blk", "cnull", "cnull-domain")}
JOBS_BSS = (4096, 32768, 262144, 1 << 20, 16 << 20)


@dataclass(frozen=True)
class Target:
    """cnull's figure against a peer's, null_blk's in the same mode unless `peer` says
    otherwise: instructions at most, or throughput at least, `limit` times it.

    what: "ratio"; "scaling", two jobs over one at least `limit`, times a peer's if
    one is named; or "own", the driver's own instructions at most `limit`.
    """
    method: str
    mode: str
    blocksize: int
    rw: str
    bs: int
    limit: float
    jobs: int = 1
    peer: tuple = None
    what: str = "ratio"
    driver: str = "cnull"

    def __str__(self):
        disk = ("" if self.driver == "cnull" else self.driver + ", ") + \
            self.mode + (f" {self.blocksize}" if self.mode == "memory" else "")
        return f"{disk}, {size_name(self.bs)} {self.rw}" + (
            "" if self.method == "icount" else f", {self.jobs} jobs" if self.what == "ratio" else "")


def _targets():
    def icount_targets(mode, blocksize, cells, peer=None):
        return [Target("icount", mode, blocksize, rw, bs, limit, peer=peer) for rw, bs, limit in cells]

    def reads(*limits):
        return list(zip(["randread"] * 3, (4096, 32768, 131072), limits))

    none_worse = [("randread", 4096, 1.0), ("write", 4096, 1.0), ("read", 131072, 1.0), ("write", 131072, 1.0)]
    return [
        # null_blk's own 106 instructions, and those of lib/fault-inject.c, are 3 percent of the whole
        *icount_targets("null", 4096, [("randread", 4096, 0.98), ("randwrite", 4096, 0.98)]),
        Target("icount", "null", 4096, "randread", 4096, 40, what="own"),
        *icount_targets("bio", 4096, [("randread", 4096, 0.75), ("randwrite", 4096, 0.75)], ("null_blk", "null", 4096)),
        *icount_targets("memory", 4096, reads(0.95, 0.91, 0.85)),
        *icount_targets("memory", 512, reads(0.80, 0.56, 0.47)),
        *icount_targets("bio-memory", 4096, reads(0.97, 0.92, 0.90), BRD),
        *[Target("icount", "memory", 4096, rw, bs, limit, peer=("cnull", "memory", 4096), driver="cnull-domain")
          for bs, limit in ((4096, 1.03), (32768, 1.01)) for rw in ("randread", "randwrite")],
        # a part of a cache has no target: null_blk evicts nothing there, but writes past its cache
        *[t for mode in ioplan.EXTRA if mode != "cache-part" for t in icount_targets(mode, 4096, none_worse)],
        *[Target("uml", "memory", 4096, rw, bs, limit, 2, peer)
          for peer, limits in ((None, (1.25, 1.3)), (BRD, (0.95, 0.95))) for (rw, bs), limit in zip(umlio.CELLS, limits)],
        Target("uml", "memory", 4096, "randread", 4096, 1, 2, BRD, what="scaling"),
        *[Target("bioloop", mode, 4096, "randread", 4096, 1.9, 2, what="scaling") for mode in ("memory", "bio-memory")],
    ]


TARGETS = _targets()    # what issue 4 asks for


def run(select, quick):
    icount_cells = [(d, rw, bs, jobs) for jobs in icount.JOBS for rw in icount.RWS for bs in icount.BSS
                    for d in ioplan.DISKS if _wanted(select, quick, "icount", d, rw, bs, jobs)]
    uml_cells = [(d, rw, bs, jobs) for rw, bs in umlio.CELLS for jobs in umlio.JOBS for d in ioplan.DISKS
                 if _wanted(select, quick, "uml", d, rw, bs, jobs)]
    loop_cells = [(d, rw, bs, jobs) for rw, bs in bioloop.CELLS for jobs in bioloop.JOBS for d in ioplan.DISKS
                  if _wanted(select, quick, "bioloop", d, rw, bs, jobs)]
    if not icount_cells and not uml_cells and not loop_cells:
        raise Problem("--only leaves nothing to measure; tools/bench --help lists what there is")
    records, skipped, limits, about = [], {}, {}, "Linux:"
    work, logs = benchkit.folder() / "work", repo.build_dir() / "log"
    failed = []
    # both kernels first: what cannot be built is known before much time is spent
    kernels = {}
    if icount_cells:
        kernels["x86_64"] = _counting_kernel(icount_cells, skipped)
    if uml_cells or loop_cells:
        kernels["um"] = kbuild.build("um", config=["bench"])
    for build in kernels.values():
        about += f" {build.name} {build.release}."
    if icount_cells:
        cells = _present(kernels["x86_64"], icount_cells, skipped)
        found, answers, why = icount.measure(kernels["x86_64"], _disks(cells), cells, work, logs / "bench-icount.log")
        skipped |= why | _refusals(answers, cells)
        limits |= answers.limits
        records += [icount_record(*cell, values) for cell, values in found.items()]
    if uml_cells or loop_cells:
        idle = umlio.idle_percent()
        about += f" The machine was {idle} % idle before the contention runs."
        if idle < 90:
            say(f"the machine is only {idle} % idle: the figures of UML will not mean much")
    for method, module, cells in (("uml", umlio, uml_cells), ("bioloop", bioloop, loop_cells)):
        if not cells:
            continue
        cells = _present(kernels["um"], cells, skipped)
        try:
            found, answers = module.measure(kernels["um"], _disks(cells), cells, work, logs / f"bench-{method}.log")
            skipped |= _refusals(answers, cells)
            limits = limits or answers.limits
            records += [uml_record(method, *cell, values) for cell, values in found.items()]
        except Problem as e:    # the instruction counts are worth keeping
            failed.append(f"{method}: {e}")
            skipped[method] = str(e)
    asked = {(method, d.driver, d.mode, d.blocksize, rw, bs, jobs) for method, cells in (
        ("icount", icount_cells), ("uml", uml_cells), ("bioloop", loop_cells)) for d, rw, bs, jobs in cells}
    verdicts = [judge(t, records, asked) for t in TARGETS]
    return Outcome(records, io_report.markdown(records, verdicts, skipped, limits, about),
                   io_report.svg(records), verdicts, skipped, failed)


def _counting_kernel(cells, skipped):
    """With Rust if rnull is asked for and this machine can build it."""
    config, extra = ["bench", "icount"], None
    if any(c[0].driver == "rnull" for c in cells):
        extra, skipped["rnull (x86_64)"] = rust.variables("x86_64")
    if extra:
        config.append("rust")
        del skipped["rnull (x86_64)"]
    return kbuild.build("x86_64", config=config, extra=extra or ())


def _wanted(select, quick, method, disk, rw, bs, jobs):
    if not disk.takes(rw, bs) or method != "icount" and (disk.mode in ioplan.EXTRA or disk.driver == "cnull-checked"):
        return False
    if method == "icount" and jobs > 1 and (quick or bs not in JOBS_BSS
                                            or (disk.driver, disk.mode, disk.blocksize) not in JOBS_CELLS):
        return False
    # rnull: a kernel with Rust takes long to build
    if quick and ((rw, bs) not in QUICK[method] or disk.driver == "rnull"
                  or method != "icount" and (disk.mode, disk.blocksize) not in (("memory", 4096), ("bio-memory", 512))):
        return False
    return select({"method": method, "driver": disk.driver, "mode": disk.mode, "blocksize": disk.blocksize,
                   "rw": rw, "bs": bs, "jobs": jobs})


def _disks(cells):
    return [d for d in ioplan.DISKS if d in {c[0] for c in cells}]


def _present(build, cells, skipped):
    """Without the cells of drivers that this kernel has no module for."""
    disks, absent = ioplan.built(_disks(cells), build.mods)
    for driver, why in absent.items():
        skipped.setdefault(f"{driver} ({build.target})", why)
    left = [c for c in cells if c[0] in disks]
    if not left:
        raise Problem("nothing to measure: " + "; ".join(f"{what}: {why}" for what, why in skipped.items()))
    return left


def _refusals(answers, cells):
    names = {d.name: f"{d.driver} {d.mode}" for d in _disks(cells)}
    return {names.get(what, what): why for what, why in answers.refused.items()}


def _record(method, disk, rw, bs, jobs, iops, insns, own, values):
    return {"method": method, "driver": disk.driver, "mode": disk.mode, "blocksize": disk.blocksize, "rw": rw,
            "bs": bs, "jobs": jobs, "iops": iops, "insn_per_io": insns, "driver_insn_per_io": own,
            "repetitions": len(values), "spread": round(median_and_spread(values)[1], 5)}


def icount_record(disk, rw, bs, jobs, values):
    totals = [total for total, _ in values]
    insns = min(totals)     # what else happens in the guest only ever adds
    own = None if values[0][1] is None else round(median_and_spread([o for _, o in values])[0], 1)
    return _record("icount", disk, rw, bs, jobs, round(1e9 / insns, 1), round(insns, 1), own, totals)


def uml_record(method, disk, rw, bs, jobs, values):
    return _record(method, disk, rw, bs, jobs, round(median_and_spread(values)[0]), None, None, values)


def judge(t, records, asked=()):
    """A target's verdict. Noise: half the spread of every figure that went in. asked: the cells that were."""
    cells = []

    def find(driver, mode, blocksize, jobs=t.jobs):
        cells.append((t.method, driver, mode, blocksize, t.rw, t.bs, jobs))
        return next((r for r in records if cells[-1] == (r["method"], r["driver"], r["mode"], r["blocksize"], r["rw"],
                                                         r["bs"], r["jobs"])), None)

    own, peer = (t.driver, t.mode, t.blocksize), t.peer or ("null_blk", t.mode, t.blocksize)
    key, most = ("insn_per_io", True) if t.method == "icount" else ("iops", False)
    if t.what == "own":
        used = [find(*own)]
        v = Verdict(f"{t}: instructions in the driver", f"at most {t.limit:g}")
        key = "driver_insn_per_io"
    elif t.what == "scaling":
        used = [find(*own, 2), find(*own, 1)]
        v = Verdict(f"{t}: {'IOPS' if t.method == 'uml' else 'bios'} of two CPUs over one", f"at least {t.limit:g} x")
        if t.peer:
            used += [find(*peer, 1), find(*peer, 2)]
            v.target += f" {io_report.column(*peer[:2])}'s"
    else:
        used = [find(*own), find(*peer)]
        v = Verdict(f"{t}: {'instructions' if most else 'IOPS'}",
                    f"at {'most' if most else 'least'} {t.limit:g} x {io_report.column(*peer[:2])}'s")
    v.asked = set(cells) <= set(asked)
    if None in used or None in [r[key] for r in used]:
        return v
    noise = sum(r["spread"] for r in used) / 2
    found = used[0][key] / (used[1][key] if len(used) > 1 else 1)
    if len(used) > 2:
        found *= used[2][key] / used[3][key]
    v.found = f"{found:.0f}" if t.what == "own" else f"{found:.4f}" if most else f"{found:.2f}"
    v.met = found <= t.limit if most else found >= t.limit
    v.beyond_noise = not v.met and (found > t.limit * (1 + noise) if most else found < t.limit * (1 - noise))
    return v
