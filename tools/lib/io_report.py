# SPDX-License-Identifier: GPL-2.0
"""The records of tools/bench io as Markdown tables and as a plot."""
import mdtable
import plot
from benchkit import size_name

# what is compared in one table: the title and (driver, mode, blocksize) per column;
# the first column is what the others are divided by
SECTIONS = [
    ("Null mode", [("null_blk", "null", 4096), ("cnull", "null", 4096), ("cnull-domain", "null", 4096),
                   ("cnull", "bio", 4096), ("rnull", "null", 4096)]),
    ("Memory-backed, blocksize 4096", [("null_blk", "memory", 4096), ("cnull", "memory", 4096),
                                       ("cnull-domain", "memory", 4096), ("cnull-checked", "memory", 4096),
                                       ("cnull", "bio-memory", 4096), ("brd", "bio-memory", 512)]),
    ("Memory-backed, blocksize 512", [("null_blk", "memory", 512), ("cnull", "memory", 512),
                                      ("cnull", "bio-memory", 4096), ("brd", "bio-memory", 512)]),
    ("Zones, null", [("null_blk", "zoned", 4096), ("cnull", "zoned", 4096)]),
    ("Zones, memory-backed", [("null_blk", "zoned-memory", 4096), ("cnull", "zoned-memory", 4096)]),
    ("Write cache", [("null_blk", "cache", 4096), ("cnull", "cache", 4096)]),
    ("Write cache of a quarter of the disk (null_blk writes past it instead of evicting)",
     [("null_blk", "cache-part", 4096), ("cnull", "cache-part", 4096)]),
    ("Bandwidth limit, not reached", [("null_blk", "throttled", 4096), ("cnull", "throttled", 4096)]),
]
BY_DESIGN = {"logical_block_size"}     # limits that differ because they were asked to


def column(driver, mode):
    return driver + (" bio" if driver != "brd" and mode.startswith("bio") else "")


def index(records, method):
    """(driver, mode, blocksize) -> {(rw, bs, jobs): record}"""
    out = {}
    for r in records:
        if r["method"] == method:
            out.setdefault((r["driver"], r["mode"], r["blocksize"]), {})[r["rw"], r["bs"], r["jobs"]] = r
    return out


def sections(by_disk):
    """(title, disks) of SECTIONS, without disks that are not in by_disk and
    without sections in which there is no disk that an earlier one did not have."""
    shown = set()
    for title, disks in SECTIONS:
        disks = [d for d in disks if d in by_disk]
        if not shown.issuperset(disks):
            shown.update(disks)
            yield title, disks


def markdown(records, verdicts, skipped, limits, about):
    parts = ["# I/O: cnull beside its peers\n", about + "\n"]
    measured = [v for v in verdicts if v.met is not None]
    if measured:
        rows = [(v.what, v.found, v.target, "met" if v.met else "**missed**" if v.beyond_noise else "missed within noise")
                for v in measured]
        parts += ["## Targets\n", mdtable.table(["measure", "found", "target", ""], rows)]
    if any(r["method"] == "icount" for r in records):
        parts += ["## Instructions per I/O\n", ICOUNT_ABOUT, *_icount_tables(records)]
    if any(r["method"] == "uml" for r in records):
        parts += ["## Contention\n", UML_ABOUT, _uml_table(records, "uml")]
    if any(r["method"] == "bioloop" for r in records):
        parts += ["## Contention inside the kernel\n", BIOLOOP_ABOUT, _uml_table(records, "bioloop")]
    notes = [f"- {what}: {why}" for what, why in skipped.items()]
    if notes:
        parts += ["## Not measured\n", "\n".join(notes) + "\n"]
    parts += ["## Settings\n", SETTINGS, _limits(limits)]
    return "\n".join(p for p in parts if p)


ICOUNT_ABOUT = """\
fio psync, direct, on one CPU of QEMU, where an executed instruction is one tick
of the clock: IOPS on that machine are 1e9 / instructions. A figure is
the smaller of two runs in one boot, user space included; the largest difference
of two runs is given under each table. In parentheses: relative to null_blk with
the same settings; **bold**: dearer than null_blk. "in ..." are those of the
instructions that are executed in the driver's own module; copy_page(), with which
cnull copies whole pages, is the kernel's and counts in the whole only. One job,
unless a title says more: those share the CPU, and what that adds is the scheduler.
"""

UML_ABOUT = """\
kIOPS of io_uring (depth 128, batches of 64) on two CPUs of User-Mode Linux, median
of the rounds; in parentheses relative to null_blk with the same settings, **bold**:
slower than null_blk. Spread: (largest - smallest) / median.
"""

BIOLOOP_ABOUT = """\
Thousands of bios per second that one or two kernel threads, each on a CPU of its
own, submit one by one without a system call, in User-Mode Linux as above; median of
the rounds, ratios and spread as above.
"""

SETTINGS = """\
All disks: one size, queue_mode 2 (0 for bio), irqmode 0, poll_queues 0,
scheduler none, I/O statistics on, everything else the driver's default; one queue of
256 requests for instruction counts, for contention one of 64 per CPU. Zones have
16 MiB, the cache has room for all of the disk or for a quarter, the limit of bandwidth
is 40 GB/s. Disks with memory are written once before.
"""


def _cell(value, ratio, digits=0, worse=lambda r: r > 1.0005):
    text = f"{value:.{digits}f}"
    if ratio is not None:
        text += f" ({ratio:.3f})"
        text = f"**{text}**" if worse(ratio) else text
    return text


def _by_jobs(by_disk):
    """(title, disk -> its cells in column order) of every table, those of one job first."""
    for jobs in sorted({cell[2] for cells in by_disk.values() for cell in cells}):
        part = {d: found for d, cells in by_disk.items()
                if (found := {c: r for c, r in cells.items() if c[2] == jobs})}
        for title, disks in sections(part):
            yield title + (f", {jobs} jobs" if jobs > 1 else ""), {d: part[d] for d in disks}


def _icount_tables(records):
    out = []
    for title, part in _by_jobs(index(records, "icount")):
        disks = list(part)
        cells = list(dict.fromkeys(c for d in disks for c in part[d]))
        own = [d for d in disks if any(r["driver_insn_per_io"] is not None for r in part[d].values())]
        rows = []
        for cell in sorted(cells, key=_order(records)):
            found = [part[d].get(cell) for d in disks]
            base = found[0]["insn_per_io"] if found[0] and disks[0][0] == "null_blk" else None
            rows.append([cell[0], size_name(cell[1])] +
                        [r and _cell(r["insn_per_io"], r["insn_per_io"] / base if base and i else None)
                         for i, r in enumerate(found)] +
                        [(r := part[d].get(cell)) and f"{r['driver_insn_per_io']:.0f}" for d in own])
        names = [column(*d[:2]) for d in disks]
        spread = max(r["spread"] for d in disks for r in part[d].values())
        out += [f"### {title}\n",
                mdtable.table(["rw", "bs", *names, *(f"in {column(*d[:2])}" for d in own)], rows),
                f"Two runs differ by at most {100 * spread:.2f} %.\n"]
    return out


def _order(records):
    first = {}
    for r in records:
        first.setdefault(r["rw"], len(first))
    return lambda cell: (first[cell[0]], cell[1], cell[2])


def _uml_sections(by_disk):
    """(title, its disks, their cells) of each section with a disk that none before it had."""
    shown = set()
    for title, disks in SECTIONS:
        disks = [d for d in disks if d in by_disk]
        if shown.issuperset(disks):
            continue
        shown.update(disks)
        yield title, disks, list(dict.fromkeys((rw, bs) for d in disks for rw, bs, _ in by_disk[d]))


def _uml_table(records, method):
    by_disk = index(records, method)
    rows = []
    for title, disks, cells in _uml_sections(by_disk):
        for rw, bs in cells:
            base = by_disk.get(disks[0], {}) if disks[0][0] == "null_blk" else {}
            for d in disks:
                one, two = (by_disk[d].get((rw, bs, jobs)) for jobs in (1, 2))
                ratios = [r["iops"] / b["iops"] if r and b and d is not disks[0] else None
                          for r, b in ((one, base.get((rw, bs, 1))), (two, base.get((rw, bs, 2))))]
                rows.append([title, f"{size_name(bs)} {rw}", column(*d[:2]),
                             *(r and _cell(r["iops"] / 1000, ratio, 1, lambda x: x < 0.9995)
                               for r, ratio in zip((one, two), ratios)),
                             one and two and f"{two['iops'] / one['iops']:.2f}",
                             f"{100 * max(r['spread'] for r in (one, two) if r):.0f} %"])
    return mdtable.table(["disk", "I/O", "driver", "1 job", "2 jobs", "2 over 1", "spread"], rows)


def _limits(limits):
    """Where the block layer treats the disks differently by their drivers' defaults."""
    names = [n for n in dict.fromkeys(n for v in limits.values() for n in v) if n not in BY_DESIGN
             and len({v[n] for v in limits.values() if n in v}) > 1]
    if not names:
        return ""
    rows = [[disk, *(v.get(n) for n in names)] for disk, v in limits.items()]
    return "Queue limits that differ by the drivers' defaults:\n\n" + mdtable.table(["disk", *names], rows)


def svg(records):
    rows = []
    by_disk = index(records, "icount")
    rws = list(dict.fromkeys(r["rw"] for r in records if r["method"] == "icount"))
    sizes = sorted({r["bs"] for r in records if r["method"] == "icount"})
    for title, disks in SECTIONS:
        base = by_disk.get(disks[0], {})
        row = []
        for rw in rws:
            series = {column(*d[:2]): [_ratio(by_disk.get(d, {}).get((rw, bs, 1)), base.get((rw, bs, 1))) for bs in sizes]
                      for d in disks[1:]}
            series = {name: vs for name, vs in series.items() if any(v is not None for v in vs)}
            if series:
                row.append(plot.Panel(f"{title.replace('Memory-backed, blocksize', 'Memory')}, {rw}",
                                      [size_name(bs) for bs in sizes], "I/O size (bytes)", "insn / null_blk's", series, ref=1.0))
        if row:
            rows.append(row)
    by_disk = index(records, "uml")
    row = []
    for title, disks, cells in _uml_sections(by_disk):
        for rw, bs in cells:
            series = {column(*d[:2]): [(r := by_disk[d].get((rw, bs, jobs))) and r["iops"] / 1000 for jobs in (1, 2)]
                      for d in disks}
            row.append(plot.Panel(f"{title.replace('Memory-backed, blocksize', 'Memory')}, {size_name(bs)} {rw}",
                                  [1, 2], "jobs (2 CPUs, UML)", "kIOPS", series, zero=True))
    if row:
        rows.append(row)
    return plot.figure("What an I/O costs: cnull beside null_blk, brd and rnull", rows,
                       "Instructions per I/O relative to null_blk with the same settings (dashed line): lower is better. "
                       "kIOPS under contention: higher is better.")


def _ratio(r, base):
    return r["insn_per_io"] / base["insn_per_io"] if r and base else None
