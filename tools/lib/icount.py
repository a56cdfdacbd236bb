# SPDX-License-Identifier: GPL-2.0
"""Instructions per I/O: fio psync in QEMU, where one instruction is one tick.

icount_shim.c explains how a window of I/Os is counted without fio's start-up,
icount_plugin.c how the driver's own share of it is.
"""
import bisect
import re
import shutil
from pathlib import Path

import guest
import ioplan
import proc
import repo
from ui import Problem, Progress

MIB = 64
DEPTH = 256             # as rnull's, whose depth is fixed
RWS = ["randread", "randwrite", "read", "write", "randrw", "readwrite"]
BSS = [4096, 32768, 131072, 262144, 1 << 20, 16 << 20]
# Windows are chosen by work, not by number: a cell counts 20 to 50 million
# instructions, and two runs of one cell agree to about 0.03 %.
WINDOW = {4096: 6000, 32768: 2500, 131072: 1200, 262144: 600, 1 << 20: 150, 16 << 20: 8}
WARM_UP = {bs: max(2, n // 10) for bs, n in WINDOW.items()}
JOBS = [1, 4]

# below every place where x86_64 may put modules, above the kernel itself
MODULES_FROM = 0xffffffffa0000000


def measure(build, disks, cells, work, log, repetitions=2):
    """{(disk, rw, bs, jobs): [(insns per I/O, of these in the driver or None), ...]}, Answers, {skipped: why}.

    cells: a list of (disk, rw, bs, jobs). One boot; for every rw, bs and jobs the
    disks take turns, in the opposite order in every second repetition. Each run is
    a fio of its own: as one of several jobs of one fio it would get another random
    sequence and pay for the jobs before it. The jobs of a cell are threads, whose
    I/O the shim counts together.
    """
    work.mkdir(parents=True, exist_ok=True)
    shim, plugin, why = _compile(work)
    counts = work / "driver_insns"
    counts.unlink(missing_ok=True)
    orders = ioplan.plan(disks, MIB, queues=1, depth=DEPTH) + ["symbols"]
    runs = {}
    for rep in range(repetitions):
        for rw, bs, jobs in dict.fromkeys(cell[1:] for cell in cells):
            turn = [d for d in disks if (d, rw, bs, jobs) in cells]
            for d in reversed(turn) if rep % 2 else turn:
                run = f"{rep}:{rw}:{bs}:{jobs}:{d.name}"
                runs[run] = (d, rw, bs, jobs)
                orders.append(f"run {run} {d.name} {fio_options(rw, bs, jobs, d.zoned)}")
    files = ioplan.guest_files(work, orders)
    windows = work / "windows"
    windows.write_text(",".join(f"{bs}:{WARM_UP[bs]}:{WINDOW[bs]}" for bs in BSS) + "\n")
    files |= {"/run/shim.so": shim, "/run/windows": windows}
    total = len(runs)
    progress = Progress("instructions per I/O", total, "cells")
    done = 0

    def on_line(line):
        nonlocal done
        if line.startswith("icount "):
            done += 1
            progress.update(done)

    result = guest.boot(build, repo.GUEST / "bench_io.sh", icount=True, smp=1, mem="2G",
                        append="nokaslr", files=files,
                        modules=ioplan.modules(disks),
                        qemu_args=_plugin_args(plugin, MODULES_FROM, counts) if plugin else (),
                        timeout=300 + 20 * total, on_line=on_line, log=log)
    progress.done(f"{done} cells")
    ioplan.guest_failed(result, log)
    answers = ioplan.parse(result.output)
    windows = read_windows(counts.read_text(), answers.symbols) if plugin and counts.is_file() else None
    if plugin and windows is None:
        why = "the plugin wrote nothing"
    return collect(answers, runs, windows), answers, {"driver_insn_per_io": why} if why else {}


def fio_options(rw, bs, jobs=1, zoned=False):
    """gtod_reduce, norandommap and unscrambled buffers: less of fio itself in the count.

    fio itself resets the zones that it writes to; what it reads is full. Each job
    has enough to do for the whole window, so that all are at work until its end."""
    return (("--zonemode=zbd " if zoned and rw == "write" else "") +
            (f"--numjobs={jobs} --thread --group_reporting " if jobs > 1 else "") +
            f"--ioengine=psync --direct=1 --rw={'rw' if rw == 'readwrite' else rw} --bs={bs} "
            f"--size={MIB}m --io_size=1t --number_ios={WARM_UP[bs] + WINDOW[bs] + 2} "
            "--randseed=1 --norandommap --gtod_reduce=1 --scramble_buffers=0 --invalidate=0")


def collect(answers, runs, windows):
    """Joins the shim's lines, in order, with the plugin's windows, in the same order."""
    found, n = {}, 0
    for run, (disk, rw, bs, jobs) in runs.items():
        if disk.name in answers.refused or disk.driver in answers.refused:
            continue
        status, lines = answers.runs.get(run, (1, []))
        m = next(filter(None, (re.match(r"icount (\S+) (\d+) (\d+) (\d+)$", s) for s in lines)), None)
        if status or not m:
            last = next((s for s in reversed(lines) if s.strip()), "no output")
            raise Problem(f"fio run {run} ended with status {status} and no result: {last}")
        if (m[1], int(m[2])) != (f"/dev/{disk.name}", bs):
            raise Problem(f"fio run {run} answered for {m[1]} with {m[2]} bytes")
        insns, count = int(m[3]), int(m[4])
        own = None
        if windows is not None:
            if n >= len(windows):
                raise Problem(f"the plugin saw {len(windows)} windows, the guest more")
            own = windows[n].get(ioplan.module(disk.driver), 0) / count
        n += 1
        found.setdefault((disk, rw, bs, jobs), []).append((insns / count, own))
    return found


def read_windows(text, symbols):
    """The plugin's records as [{module: instructions}], by the greatest symbol not above a block."""
    starts = [s[0] for s in symbols]
    out = []
    for line in text.splitlines():
        if line == "window":
            out.append({})
            continue
        addr, insns = line.split()
        i = bisect.bisect_right(starts, int(addr, 16)) - 1
        if i >= 0:
            module = symbols[i][2]
            out[-1][module] = out[-1].get(module, 0) + int(insns)
    return out


def _compile(work):
    """Shim and plugin as shared objects; (shim, plugin or None, why there is no plugin)."""
    cc, qemu = _need("gcc"), _need("qemu-system-x86_64")
    shim, plugin = work / "shim.so", work / "plugin.so"
    _cc(cc, "icount_shim.c", shim)
    _, version = proc.run([qemu, "--version"], timeout=30)
    major = int(m[1]) if (m := re.search(r"version (\d+)", version)) else 0
    # QEMU refuses a plugin whose interface version is out of its range: 9.0 dropped version 1
    _cc(cc, "icount_plugin.c", plugin, "-fvisibility=hidden", f"-DPLUGIN_VERSION={2 if major >= 9 else 1}")
    status, out = proc.run([qemu, "-M", "none", "-display", "none", "-monitor", "stdio",
                            *_plugin_args(plugin, 1, "/dev/null")], stdin="quit\n", timeout=30, check=False)
    if status:
        return shim, None, f"QEMU does not load the plugin: {out.strip().splitlines()[-1]}"
    return shim, plugin, ""


def _need(program):
    path = shutil.which(program)
    if not path:
        raise Problem(f"{program} is not installed; tools/setup installs what is needed")
    return path


def _plugin_args(plugin, start, out):
    # QEMU separates options by commas and reads two of them as one that is meant
    path, out = (str(p).replace(",", ",,") for p in (plugin, out))
    return ["-plugin", f"{path},from={start:x},out={out}"]


def _cc(cc, source, out, *flags):
    path = Path(__file__).resolve().parent / source
    try:
        proc.run([cc, "-O2", "-Wall", "-shared", "-fPIC", *flags, "-o", out, path], timeout=120, what=f"compiling {source}")
    except proc.Failed as e:
        raise Problem(f"{e}: {e.tail.strip()}")
