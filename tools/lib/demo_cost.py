# SPDX-License-Identifier: GPL-2.0
"""The demo's comparison: a few cells of tools/bench io, as lines of text."""
import benchkit
import icount
import ioplan
from benchkit import size_name
from ui import Problem

ROWS = [("null", 4096, "randread", 4096)] + \
       [("memory", blocksize, rw, bs) for blocksize in (4096, 512) for rw, bs in (("randread", 4096), ("read", 131072))]


def lines(build, log):
    """One line per kind of I/O: instructions in null_blk, cnull (with the difference), brd."""
    disks = [d for d in ioplan.DISKS if d.driver in ("null_blk", "cnull") and d.mode in ("null", "memory")
             or d.driver == "brd"]
    cells = [(d, rw, bs, 1) for mode, blocksize, rw, bs in ROWS for d in disks
             if (d.mode, d.blocksize) == (mode, blocksize)]
    brd = disks[-1]
    cells += [(brd, rw, bs, 1) for rw, bs in dict.fromkeys(row[2:] for row in ROWS)]
    found, answers, _ = icount.measure(build, disks, cells, benchkit.folder() / "demo", log, repetitions=1)
    if answers.refused:
        raise Problem("; ".join(f"{what}: {why}" for what, why in answers.refused.items()))
    out = [f"{'':28}{'null_blk':>10}{'cnull':>10}{'':9}{'brd':>10}"]
    for mode, blocksize, rw, bs in ROWS:
        old, new, peer = (found.get((d, rw, bs, 1), [(None, None)])[0][0] for d in (
            ioplan.Disk("null_blk", mode, blocksize), ioplan.Disk("cnull", mode, blocksize), brd))
        kind = f"{mode}{f' {blocksize}' if mode == 'memory' else ''}, {size_name(bs)} {rw}"
        out.append(f"{kind:28}{old:10.0f}{new:10.0f} {100 * (new / old - 1):+6.1f} %"
                   + (f"{peer:10.0f}" if mode == "memory" else ""))
    return out
